"""Put pushes that gave up back to work, or discard them with a reason. Done by people.

Invariants: a letter of unknown outcome goes out again only by a person's word; an upsert whose record has a newer write
waiting is not sent twice; a refusal changes nothing. The items that hung on a push follow it.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from crmsync.models import Push
from crmsync.services.ask import DRAIN_TASK, upsert_key
from crmsync.services.settle import PUSH_DEAD, settle
from intake.models import Item
from trail.bell import ring
from trail.leases import database_now
from trail.models import AuditEntry
from trail.record import Actor
from trail.transitions import apply_moves


class NotByMachine(Exception):
    """Only a person may send a letter again that may have been sent. Nothing changed."""


class ReasonMissing(Exception):
    """A discard needs a reason. Nothing changed."""


class NotDiscarded(Exception):
    """This push is not discarded, so there is nothing to take back. Nothing changed."""


def redrive(push_ids: Iterable[int], *, by: Actor, reason: str = "") -> int:
    """Send dead letters again.

    Args:
        push_ids: dead letters, or letters of unknown outcome; what is neither (any more) is left alone.
        by: who asks.

    Returns:
        How many wait now. A write that a newer one made needless is marked superseded and not counted.

    Raises:
        NotByMachine: a letter of unknown outcome, and `by` is no person.
    """
    now = database_now()
    with transaction.atomic():
        pushes = _locked(push_ids, [Push.State.DEAD, Push.State.UNKNOWN])
        if by.kind != AuditEntry.ActorKind.PERSON and any(push.state == Push.State.UNKNOWN for push in pushes):
            raise NotByMachine
        redriven = 0
        for push in pushes:
            if not push.is_upsert:
                redriven += len(apply_moves([push.redrive(by=by, at=now, reason=reason)]))
            elif _again(push, by=by, reason=reason):
                redriven += 1
        _follow(pushes)
        for connection_id in sorted({push.connection_id for push in pushes}):
            ring(DRAIN_TASK, connection_id)
    return redriven


def discard(push_ids: Iterable[int], *, by: Actor, reason: str) -> int:
    """Say that these need not happen. A record whose write is discarded is discarded with it.

    Returns:
        How many were discarded.

    Raises:
        ReasonMissing: `reason` is empty.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        pushes = _locked(push_ids, [Push.State.DEAD, Push.State.UNKNOWN])
        done = apply_moves(push.discard(by=by, reason=reason) for push in pushes)
        for item in _items(pushes, Item.State.DEAD_LETTER):
            item.discard(by=by, reason=reason)
    return len(done)


def restore(push_id: int, *, by: Actor) -> None:
    """Take a discard back: the push is a dead letter again, and so is what was discarded with it.

    Raises:
        NotDiscarded: it is not discarded.
    """
    with transaction.atomic():
        pushes = _locked([push_id], [Push.State.DISCARDED])
        if not pushes:
            raise NotDiscarded
        apply_moves([pushes[0].restore(by=by)])
        for item in _items(pushes, Item.State.DISCARDED):
            item.restore(by=by)


def _locked(push_ids: Iterable[int], states: list[str]) -> list[Push]:
    rows = Push.objects.select_for_update(no_key=True).filter(pk__in=list(push_ids), state__in=states)
    return list(rows.order_by("connection_id", "kind", "contact_id", "property_id", "pk"))


def _again(push: Push, *, by: Actor, reason: str) -> bool:
    """Let an upsert wait under its own key again, unless a newer one waits there already."""
    record_id = push.contact_id if push.kind == Push.Kind.UPSERT_CONTACT else push.property_id
    key = upsert_key(push.kind, push.connection_id, record_id)
    try:
        with transaction.atomic():  # whoever asks at this very moment takes the key first: the database decides
            return bool(apply_moves([push.redrive(by=by, at=database_now(), reason=reason, key=key)]))
    except IntegrityError:
        apply_moves([push.supersede(by=by, reason="A newer write of the same record waits already.")])
        return False


def _follow(pushes: list[Push]) -> None:
    upserts = [push for push in pushes if push.is_upsert]
    contacts = {push.contact_id for push in upserts if push.contact_id is not None}
    properties = {push.property_id for push in upserts if push.property_id is not None}
    if upserts:
        settle(contacts, properties)


def _items(pushes: list[Push], state: str) -> list[Item]:
    """The items in `state` that are dead letters because of these writes."""
    items: dict[int, Item] = {}
    for push in pushes:
        if push.is_upsert:
            record = {"contact": push.contact_id} if push.contact_id is not None else {"property": push.property_id}
            found = Item.objects.filter(state=state, error_code=PUSH_DEAD, **record)
            items |= {item.pk: item for item in found}
    return list(items.values())
