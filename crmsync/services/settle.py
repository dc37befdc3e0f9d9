"""Let items follow their records: in the CRM when every CRM has what they brought, a dead letter when a write gave up.

Invariant: an item leaves "in progress" only for a state that is true of all active CRMs. With none active nothing is
in a CRM, so nothing is settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from crmsync.models import Connection, CrmLink, Push
from crmsync.selectors import settleable_items
from intake.models import Item
from trail.transitions import Move, apply_moves

PUSH_DEAD = "push_dead"
_SOMEBODY_DISCARDED = "somebody discarded the write of just this. Restore that push and redrive it, or discard this."


def settle(contact_ids: Iterable[int], property_ids: Iterable[int]) -> None:
    """Move the open items of these records to where they are. Call it in the transaction that changed a push or link.

    Args:
        contact_ids: contacts whose pushes or links changed.
        property_ids: properties likewise.
    """
    contacts, homes = set(contact_ids), set(property_ids)
    items = list(
        Item.objects.filter(
            Q(state=Item.State.IN_PROGRESS) | Q(state=Item.State.DEAD_LETTER, error_code=PUSH_DEAD),
            Q(contact__in=contacts) | Q(property__in=homes),
        )
        .only("pk", "state", "contact_id", "property_id", "contact_revision", "property_revision")
        .order_by("pk")
    )
    crms = [account for account in Connection.objects.filter(state=Connection.State.ACTIVE) if account.is_crm]
    if not items or not crms:
        return
    facts = _Facts(items, crms)
    moves = [move for item in items if (move := facts.move(item)) is not None]
    apply_moves(moves)


def settle_idle(*, limit: int = 500) -> int:
    """Settle what no push will: an item that brought nothing new asked for none, so none settles it at its end.

    Args:
        limit: items at most.

    Returns:
        How many were found.
    """
    with transaction.atomic():
        idle = list(settleable_items().order_by("pk").values_list("contact_id", "property_id")[:limit])
        if idle:
            settle({contact for contact, _ in idle if contact}, {home for _, home in idle if home})
    return len(idle)


class _Facts:
    """What the CRMs have of the items' records, and what is still on its way."""

    def __init__(self, items: list[Item], crms: list[Connection]) -> None:
        self._crms = crms
        contacts = {item.contact_id for item in items if item.contact_id is not None}
        homes = {item.property_id for item in items if item.property_id is not None}
        self._there: dict[tuple[int, str, int], int] = {}
        about = Q(contact__in=contacts) | Q(property__in=homes)
        for connection_id, contact_id, home_id, revision in CrmLink.objects.filter(
            about, connection__in=crms
        ).values_list("connection_id", "contact_id", "property_id", "revision"):
            name, record_id = ("contact", contact_id) if contact_id is not None else ("property", home_id)
            self._there[connection_id, name, record_id] = revision
        self._states: dict[tuple[int, str, int], set[str]] = defaultdict(set)
        self._messages: dict[tuple[int, str, int], str] = {}
        # A discarded write speaks for its own revision only: what came after it is another decision.
        self._discarded: dict[tuple[int, str, int], int] = {}
        open_states = [Push.State.WAITING, Push.State.DEAD, Push.State.DISCARDED]
        for connection_id, contact_id, home_id, state, message, revision in Push.objects.filter(
            about,
            kind__in=[Push.Kind.UPSERT_CONTACT, Push.Kind.UPSERT_PROPERTY],
            state__in=open_states,
            connection__in=crms,
        ).values_list("connection_id", "contact_id", "property_id", "state", "error_message", "revision"):
            name, record_id = ("contact", contact_id) if contact_id is not None else ("property", home_id)
            key = (connection_id, name, record_id)
            self._states[key].add(state)
            if state == Push.State.DEAD:
                self._messages[key] = message
            elif state == Push.State.DISCARDED:
                self._discarded[key] = max(revision, self._discarded.get(key, -1))

    def move(self, item: Item) -> Move | None:
        """Where the item goes, if anywhere."""
        missing = {key: revision for key, revision in self._needs(item) if self._there.get(key, -1) < revision}
        if not missing:
            return item.arrive()
        gave_up = [
            key
            for key, revision in missing.items()
            if Push.State.WAITING not in self._states[key]
            and (Push.State.DEAD in self._states[key] or self._discarded.get(key, -1) >= revision)
        ]
        if gave_up and item.state == Item.State.IN_PROGRESS:
            names = {account.pk: account.name for account in self._crms}
            return item.give_up(
                code=PUSH_DEAD,
                problems=[
                    f"{names[key[0]]} did not take the {key[1]}: {self._messages.get(key, _SOMEBODY_DISCARDED)}"
                    for key in gave_up
                ],
            )
        if not gave_up and item.state == Item.State.DEAD_LETTER:
            return item.resume()
        return None

    def _needs(self, item: Item) -> Iterable[tuple[tuple[int, str, int], int]]:
        """Which revision of what each CRM must have."""
        for account in self._crms:
            if item.contact_id is not None:
                yield (account.pk, "contact", item.contact_id), item.contact_revision
            if item.property_id is not None and account.takes_properties:
                yield (account.pk, "property", item.property_id), item.property_revision
