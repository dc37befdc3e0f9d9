"""Whose value stands when two disagree: one owner order per field, then time.

Invariant: the outcome does not depend on the order of arrival, except between values of the same owner and
the same moment, where the later arrival wins. A machine never fills in nothing over something, and never
undoes what a person decided, be it that the field is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PERSON = "person"
ORIGINS: tuple[str, ...] = (PERSON, "mls", "crm", "source", "provider")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """A value and where it came from.

    origin: one of ORIGINS. occurred_at: the aware moment the source speaks of, None when it names none,
    which counts as oldest. path: payload path. by: normalizer, person or provider. item: the intake item,
    where there is one.
    """

    value: Any
    origin: str
    occurred_at: datetime | None = None
    path: str = ""
    by: str = ""
    item: str | int | None = None
    mapping_version: str | int | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing to hold. 0 and False are values."""
        return self.value is None or self.value == "" or self.value == () or self.value == []


def choose(current: Held | None, incoming: Held, order: Sequence[str] = ORIGINS) -> Held:
    """The value that stands. Origins missing in `order` rank last. Of two equals the incoming one stands."""
    if current is None:
        return incoming
    return incoming if _rank(incoming, order) >= _rank(current, order) else current


def merge_fields(
    current: Mapping[str, Held], incoming: Mapping[str, Held], orders: Mapping[str, Sequence[str]]
) -> dict[str, Held]:
    """The fields whose held value or owner changes; orders: field -> owner order, ORIGINS where a field has
    none.

    Compare `.value` with the current one to know whether the record itself changed: a later or higher
    confirmation of the same value changes only who owns it.
    """
    changed: dict[str, Held] = {}
    for field, held in incoming.items():
        before = current.get(field)
        if before is None and held.is_empty and held.origin != PERSON:
            continue
        after = choose(before, held, orders.get(field, ORIGINS))
        if after is held and not _confirms(before, held):
            changed[field] = held
    return changed


def _rank(held: Held, order: Sequence[str]) -> tuple[bool, int, datetime]:
    says_something = not held.is_empty or held.origin == PERSON
    place = order.index(held.origin) if held.origin in order else len(order)
    return says_something, -place, held.occurred_at or _LONG_AGO


def _confirms(before: Held | None, held: Held) -> bool:
    """A repeat: the same value of the same owner and moment changes nothing."""
    return before is not None and (before.value, before.origin, before.occurred_at) == (
        held.value,
        held.origin,
        held.occurred_at,
    )
