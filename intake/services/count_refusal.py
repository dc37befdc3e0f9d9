"""Count a request that was turned away at the door. The count is all that is kept of it."""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError
from django.db.models import F
from django.utils import timezone

from intake.models import Refusal


def count_refusal(*, source: str, code: str) -> None:
    """Add one to today's count. A database that cannot take it loses a count, nothing more."""
    key = {"day": timezone.now().date(), "source": source[:60], "code": code[:40]}
    try:
        if not Refusal.objects.filter(**key).update(count=F("count") + 1):
            Refusal.objects.bulk_create(
                [Refusal(**key, count=1)],
                update_conflicts=True,
                unique_fields=["day", "source", "code"],
                update_fields=["count"],
            )
    except (DatabaseError, InterfaceError):
        return
