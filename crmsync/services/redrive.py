"""Put pushes that gave up back to work, or discard them with a reason. Done by people, never by a machine."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from crmsync.models import Push
from trail.record import Actor
from trail.transitions import Move, apply_moves


def redrive(push_ids: Sequence[int], *, by: Actor, reason: str = "") -> int:
    """Let dead pushes try again. Returns how many did; those that are no dead letters any more are left as they are."""
    with transaction.atomic():
        rows = Push.objects.filter(pk__in=push_ids, state__in=[Push.State.DEAD, Push.State.UNKNOWN])
        fresh = {"error_code": "", "error_message": "", "attempts": 0, "crashes": 0}
        return len(
            apply_moves(
                Move(row, Push.State.WAITING, "push.redriven", changes=fresh, by=by, reason=reason, lead_id=row.lead_id)
                for row in rows
            )
        )


def discard(push_ids: Sequence[int], *, by: Actor, reason: str) -> int:
    """Say that these need not happen. Returns how many were discarded."""
    with transaction.atomic():
        rows = Push.objects.filter(pk__in=push_ids, state__in=[Push.State.DEAD, Push.State.UNKNOWN])
        return len(
            apply_moves(
                Move(row, Push.State.DISCARDED, "push.discarded", by=by, reason=reason, lead_id=row.lead_id)
                for row in rows
            )
        )


def restore(push_id: int, *, by: Actor) -> None:
    """Take a discard back."""
    Push.objects.get(pk=push_id)._move(Push.State.DEAD, "push.restored", by=by)
