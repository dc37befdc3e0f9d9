"""What came in beside what we made of it: one row per field, each value with its origin.

Invariant: without the permission to view payloads no raw value and no clean one leaves this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from intake.admin.enriched import provenance
from intake.mapping.secret_names import HIDDEN, is_secret_name
from intake.models import EnrichedValue, Item
from intake.normalize.phone import as_people_write_it
from trail.admin import Cell

_WRITTEN = {"email": "e-mail", "mls": "MLS", "sms": "SMS", "zip": "ZIP", "zip4": "ZIP+4", "url": "web address"}

_OF_THE_MAPPING = ("constant", "default")


@dataclass(frozen=True, slots=True)
class Compared:
    """One field: as it came, as we keep it, and what a provider added."""

    field: str
    raw: Cell
    normalized: Cell
    enriched: Cell


def compared(
    item: Item, enriched: Iterable[EnrichedValue], *, open_values: bool, may_map: bool = False
) -> list[Compared]:
    """The fields of an item in the order of the schema's names, with what providers said of them; then what providers
    said of other fields; then every path that no rule reads.

    Args:
        item: which.
        enriched: of the lead's contact and property, newest first.
        open_values: may this person see the values?
        may_map: and edit mappings?
    """
    editor = reverse("admin:intake_source_mapping", args=[item.source_id]) if may_map else ""
    added: dict[str, EnrichedValue] = {}
    for value in enriched:
        added.setdefault(f"{'contact' if value.contact_id else 'property'}.{value.field}", value)
    rows = [
        Compared(
            label(target),
            _raw(target, value, open_values),
            Cell(shown(target, _normalized(value), open_values), small=_origin(value)),
            _enriched(target, added.pop(target, None), open_values),
        )
        for target, value in sorted(item.values.items(), key=lambda pair: _order(pair[0]))
    ]
    rows += [
        Compared(label(target), Cell(), Cell(), _enriched(target, value, open_values))
        for target, value in sorted(added.items(), key=lambda pair: _order(pair[0]))
    ]
    rows += [
        Compared("Unmapped", Cell(path, code=True), _unread(path, editor), Cell()) for path in _texts(item.unmapped)
    ]
    return rows


def _unread(path: str, editor: str) -> Cell:
    if not editor:
        return Cell("No rule reads this path.", tone="wait")
    return Cell("Map this field", href=f"{editor}?{urlencode({'path': path})}", small="No rule reads this path.")


def _enriched(target: str, value: EnrichedValue | None, open_values: bool) -> Cell:
    if value is None:
        return Cell()
    about = f" of {value.about}" if value.about and open_values else ""
    return Cell(shown(target, value.value, open_values) + about, small=f"{value.provider}: {provenance(value)}")


def _order(target: str) -> tuple[int, str]:
    noun = target.partition(".")[0]
    return ({"contact": 0, "lead": 1, "property": 2}.get(noun, 3), target)


def label(target: str) -> str:
    """A field as people read it: "Contact: first name"; "contact.email[1]" is the second e-mail."""
    record, _, name = target.replace("[1]", " 2").replace("[2]", " 3").partition(".")
    words = " ".join(_WRITTEN.get(word, word) for word in name.replace("mls_id", "mls_number").split("_"))
    return f"{record.capitalize()}: {words}" if name else target


def _raw(target: str, value: Mapping[str, Any], open_values: bool) -> Cell:
    """What came; a constant or default came with no payload."""
    if value.get("by") in _OF_THE_MAPPING:
        return Cell(small=f"{value['by']} of the mapping")
    return Cell(shown(target, value.get("raw"), open_values), small=str(value.get("path", "")), code=True)


def _normalized(value: Mapping[str, Any]) -> Any:
    clean = value.get("value")
    is_phone = str(value.get("by", "")).startswith("phone@")
    return as_people_write_it(clean) if is_phone and isinstance(clean, str) else clean


def _origin(value: Mapping[str, Any]) -> str:
    issues = _texts(value.get("issues"))
    return ", ".join(filter(None, [str(value.get("by") or ""), *(issue.replace("_", " ") for issue in issues)]))


def _texts(values: object) -> Iterable[str]:
    return [str(one) for one in values] if isinstance(values, list) else []


def shown(target: str, value: Any, open_values: bool) -> str:
    """A value as this person may see it."""
    if value is None or value == "":
        return ""
    if not open_values or is_secret_name(target):
        return HIDDEN
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
