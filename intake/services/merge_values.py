"""Merge what a record says into a row, field by field, by each field's owner order.

Invariant: a lower owner never overwrites a higher one, nor an older word a newer one of the same owner; of two answers
about consent the more restrictive one stands. Every value keeps where it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from intake.models import Contact, Property
from intake.precedence import Held, merge_fields
from intake.records import ContactRecord, PropertyRecord

# Of two answers about consent the more restrictive one stands, whoever gave it and whenever.
_MOST_RESTRICTIVE = {"consent_email": False, "consent_sms": False, "consent_call": False, "do_not_call": True}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the values of one record come from.

    Attributes:
        origin: whose word it is, of intake.precedence.ORIGINS.
        occurred_at: when it was said.
        mapping: the mapping version, as people name it.
        item: the record, as people name it: delivery's public id and position.
        paths: per target the payload path and the normalizer.
    """

    origin: str
    occurred_at: datetime
    mapping: str
    item: str
    paths: Mapping[str, tuple[str, str]]

    def of(self, path: str, by: str) -> dict[str, Any]:
        """As it is kept beside a value: this payload path, cleaned by this normalizer."""
        return {
            "origin": self.origin,
            "occurred_at": self.occurred_at.isoformat(),
            "path": path,
            "by": by,
            "mapping": self.mapping,
            "item": self.item,
        }


def values_of(record: ContactRecord | PropertyRecord, *, skip: set[str]) -> dict[str, Any]:
    """What the record says: fields that were set, and not set to nothing."""
    return {
        name: value
        for name in record.model_fields_set - skip
        if (value := getattr(record, name)) is not None and value != ""
    }


def merge(
    row: Contact | Property,
    prefix: str,
    values: Mapping[str, Any],
    said: Provenance,
    orders: Mapping[str, list[str]],
) -> tuple[set[str], bool]:
    """Let the owner order decide field by field, and write what it decides into the row, which is not saved here.

    Args:
        row: what is merged into.
        prefix: "contact" or "property", as `said.paths` and mappings name its fields.
        values: by field.
        said: where they come from.
        orders: the owner orders that differ from the usual one, by field.

    Returns:
        The fields that changed, and whether anything was taken at all: a later word that says the same changes no
        value, so it makes no revision; yet it is kept, since an older one that arrives after it must not win.
    """
    changed: set[str] = set()
    current = {name: held for name in values if (held := _held(row, name))}
    incoming = {
        name: Held(value, said.origin, said.occurred_at, *said.paths.get(f"{prefix}.{name}", ("", "")))
        for name, value in values.items()
    }
    decided = merge_fields(current, incoming, orders)
    for name, restrictive in _MOST_RESTRICTIVE.items():
        if name not in values:
            continue
        if values[name] is restrictive:
            decided[name] = incoming[name]
        elif getattr(row, name) is restrictive:
            decided.pop(name, None)
    for name, held in decided.items():
        if getattr(row, name) != held.value:
            setattr(row, name, held.value)
            changed.add(name)
        row.provenance[name] = said.of(held.path, held.by)
    return changed, bool(decided)


def _held(row: Contact | Property, name: str) -> Held | None:
    origin = row.provenance.get(name)
    if origin is None:
        return None
    return Held(
        getattr(row, name), origin["origin"], parse_datetime(origin["occurred_at"]), origin["path"], origin["by"]
    )
