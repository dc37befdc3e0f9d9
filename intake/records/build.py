"""From clean values by target to a record, or to every reason why there can be none.

Invariant: a lead that is built can be answered (it has an e-mail or a phone), a listing has its MLS
number, and an optional value that is unusable is left out and noted instead of failing the record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from intake.normalize import registry
from intake.normalize.result import Context, Result
from intake.records.schema import (
    CleanRecord,
    ContactPointRecord,
    ContactRecord,
    Kind,
    LeadRecord,
    Problem,
    PropertyRecord,
    Record,
)
from intake.records.targets import LISTS, PARTS, TARGETS

Model = TypeVar("Model", bound=Record)
_INDEXED = re.compile(r"(contact\.(?:email|phone|phone_ext))\[(\d{1,4})\]")
_PLAIN = Context()
_POINTS_KEPT = 20  # contact points of one record; more is a dump of an address book, not a person


def build(kind: Kind, values: Mapping[str, object]) -> CleanRecord | list[Problem]:
    """Build the record of an item from its clean values, or answer every reason why it cannot be built.

    values: by target. A list target holds one value or a tuple, or is repeated as "contact.phone[1]".
    Values that the mapping cleaned are taken as they are, e-mails and phones as the Result of their normalizer; raw
    ones are cleaned here. A full name, address or budget fills the fields that were not mapped. Raises ValueError for
    an unknown kind.
    """
    if kind not in ("lead", "listing"):
        raise ValueError(f"There is no kind of record {kind!r}; known are lead and listing.")
    given = {target: value for target, value in values.items() if value is not None and value != ""}
    _spread(given)
    left_out: list[Problem] = []
    problems: list[Problem] = []
    points, refused = _points(given)
    contact_fields = _fields(given, "contact", ContactRecord)
    property_fields = _fields(given, "property", PropertyRecord)
    lead_fields = _fields(given, "lead", LeadRecord)
    if kind == "lead" and not points:
        problems.append(_unreachable(refused))
    mls_id = registry.normalize("mls_id", property_fields.get("mls_id"), _PLAIN)
    if mls_id.value is None:
        dropped = property_fields.pop("mls_id", None)
        if kind == "listing":
            why = "The one it came with cannot be used." if dropped is not None else "This one has none."
            problems.append(Problem("property.mls_id", "mls_id_missing", f"A listing needs its MLS number. {why}"))
    if problems:
        return [*problems, *refused]
    left_out.extend(refused)
    contact = _model(ContactRecord, {**contact_fields, "points": points}, "contact", left_out)
    home = _model(PropertyRecord, property_fields, "property", left_out)
    lead = _model(LeadRecord, lead_fields, "lead", left_out)
    has_contact = bool(contact_fields or points)
    return CleanRecord(
        contact=contact if has_contact and (kind == "lead" or points) else None,
        property=home if property_fields else None,
        lead=lead if kind == "lead" else None,
        left_out=tuple(left_out),
    )


def _spread(given: dict[str, object]) -> None:
    """Let a full name, a full address and a single budget fill the fields that nobody mapped."""
    for target in ("contact.name", "contact.address", "property.address"):
        whole, fields = given.pop(target, None), PARTS[target]
        if whole is None:
            continue
        parts = registry.normalize(TARGETS[target], whole, _PLAIN).parts
        for part, field in fields.items():
            if part in parts:
                given.setdefault(field, parts[part])
    budget = given.pop("lead.budget", None)
    if budget is not None and not {"lead.budget_low", "lead.budget_high"} & given.keys():
        given["lead.budget_high"] = budget


def _fields(given: Mapping[str, object], prefix: str, model: type[Record]) -> dict[str, object]:
    return {name: given[f"{prefix}.{name}"] for name in model.model_fields if f"{prefix}.{name}" in given}


def _points(given: Mapping[str, object]) -> tuple[tuple[ContactPointRecord, ...], list[Problem]]:
    """The contact points in the order they were mapped, doubles left out; and those that cannot be used."""
    points: dict[tuple[str, str], ContactPointRecord] = {}
    refused: list[Problem] = []
    for target, value in given.items():
        match = _INDEXED.fullmatch(target)
        base, index = (match[1], f"[{match[2]}]") if match else (target, "")
        if base not in LISTS:
            continue
        kind: Literal["email", "phone"] = "email" if base == "contact.email" else "phone"
        for entry in value if isinstance(value, (list, tuple)) else (value,):
            result = entry if isinstance(entry, Result) else registry.normalize(kind, entry, _PLAIN)
            if result.value is None:
                reasons = " ".join(issue.sentence for issue in result.issues)
                if reasons:
                    word = "e-mail" if kind == "email" else "phone"
                    refused.append(Problem(base, f"{kind}_unusable", f"The {word} it came with is unusable. {reasons}"))
                continue
            key = result.value if kind == "email" else result.key
            if (kind, key) in points or len(points) >= _POINTS_KEPT:
                continue
            extension = str(given.get(f"contact.phone_ext{index}") or result.parts.get("ext", ""))[:20]
            points[kind, key] = ContactPointRecord(
                kind=kind,
                value=result.value,
                key=key,
                folded=result.key,
                extension=extension if kind == "phone" else "",
                primary=all(known != kind for known, _ in points),
            )
    return tuple(points.values()), refused


def _unreachable(refused: list[Problem]) -> Problem:
    tail = "What it came with cannot be used." if refused else "This one has neither."
    message = f"A lead needs an e-mail or a phone. {tail} Mend the mapping or the source, then redrive."
    return Problem("contact", "no_contact_point", message)


def _model(model: type[Model], fields: dict[str, Any], prefix: str, left_out: list[Problem]) -> Model:
    """Make the record; a field that does not fit is left out and noted, the others stay."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        wrong = {
            str(detail["loc"][0]): detail["msg"] for detail in error.errors(include_url=False, include_input=False)
        }
    for name, why in wrong.items():
        message = f"The value for {prefix}.{name} does not fit the field and was left out: {why}."
        left_out.append(Problem(f"{prefix}.{name}", "left_out", message))
    return model.model_validate({name: value for name, value in fields.items() if name not in wrong})
