"""What intake does when a request is over."""

from __future__ import annotations

from typing import Any

from django.core.signals import request_finished
from django.dispatch import receiver

from intake.api.deadline import ANSWER_WITHIN_SECONDS, database_deadline
from intake.services.count_refusal import refusals_wait, write_refusals


@receiver(request_finished, dispatch_uid="intake.write_refusals")
def write_what_was_refused(**_: Any) -> None:
    """Bring the counts to the database; one that hangs must not keep the process from the next request."""
    if refusals_wait():  # seldom, and this runs after every request
        with database_deadline(ANSWER_WITHIN_SECONDS):
            write_refusals()
