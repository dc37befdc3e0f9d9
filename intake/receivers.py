"""What intake does when a request is over."""

from __future__ import annotations

from django.core.signals import request_finished

from intake.services.count_refusal import write_refusals

request_finished.connect(write_refusals, dispatch_uid="write refusals")
