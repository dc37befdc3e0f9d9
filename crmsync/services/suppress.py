"""Stop e-mails to an address."""

from __future__ import annotations

from django.db import transaction

from crmsync.models import Suppression
from trail.record import STEWARD, Actor, record


def suppress(address: str, *, reason: str, by: Actor = STEWARD) -> bool:
    """Put an address on the suppression list.

    Args:
        address: as it was written to; kept in lower case.
        reason: one of Suppression.Reason.

    Returns:
        False when it was there already.
    """
    with transaction.atomic():
        row, fresh = Suppression.objects.get_or_create(
            email=address.strip().casefold(), defaults={"reason": reason, "added_by": by.name}
        )
        if fresh:
            record(row, "email.suppressed", by=by, detail={"reason": reason})
    return fresh
