"""What a record lacks, who could tell, and which of a provider's values may stand where we have none. Pure.

Invariant: a provider's value is only ever offered where ours is empty, and never one that contradicts the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Field of ours -> the question that may bring it. A name that is not here cannot be asked for.
CONTACT: Mapping[str, str] = {
    "phone": "trace",
    "email": "trace",
    "city": "check_address",
    "state": "check_address",
    "zip": "check_address",
    "zip4": "check_address",
}
PROPERTY: Mapping[str, str] = dict.fromkeys(
    (
        *("owner_history", "parcel", "county", "type", "beds", "baths", "sqft", "lot_sqft", "year_built"),
        *("tax_assessment", "latitude", "longitude"),
    ),
    "lookup",
)
PHONE_CHECKS = frozenset({"check_phones", "check_dnc", "check_tcpa"})
ASKABLE: Mapping[str, Mapping[str, str]] = {"contact": CONTACT, "property": PROPERTY}
# What a provider's value may fill in the CRM. No e-mail address: it tells who somebody is, and one that belongs to
# another person would join the two.
FILLABLE: Mapping[str, frozenset[str]] = {
    "contact": frozenset(CONTACT) - {"email"},
    "property": frozenset(PROPERTY) - {"latitude", "longitude", "owner_history"},
}
# The parts of one address: where one of them is not as ours, none is filled.
_ADDRESS = ("city", "state", "zip", "zip4")


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider's value of one field. `confidence` is from 0 to 1; unknown counts as 0."""

    field: str
    value: str
    confidence: float | None = None


def lacking(noun: str, values: Mapping[str, object], required: Mapping[str, object]) -> list[str]:
    """Which of the required fields are empty.

    Args:
        noun: contact or property.
        values: what we have; 0 and False are values.
        required: the workflow's `required`; what is no list of known fields is passed over.
    """
    names = required.get(noun)
    known = ASKABLE[noun]
    return [
        name
        for name in (names if isinstance(names, list) else [])
        if name in known and values.get(name) in (None, "", [], ())
    ]


def findable(service: str, values: Mapping[str, object]) -> bool:
    """Can a record be looked for? Providers of this trade look by address or parcel, and check phones by number."""
    if service in PHONE_CHECKS:
        return bool(values.get("phones"))
    return bool(
        values.get("street")
        and (values.get("state") or values.get("zip"))
        or values.get("parcel")
        and values.get("county")
        and values.get("state")
    )


def questions(noun: str, values: Mapping[str, object], required: Mapping[str, object]) -> list[str]:
    """The questions to ask for what is missing, each once; none for a record that cannot be looked for."""
    services = dict.fromkeys(ASKABLE[noun][name] for name in lacking(noun, values, required))
    return [service for service in services if findable(service, values)]


def fills(ours: Mapping[str, object], offers: Iterable[Offer]) -> dict[str, str]:
    """What may be written where we have nothing.

    Args:
        ours: our own values; those that are there.
        offers: those that may fill, newest first; of one field the most confident one counts, of equals the newest.
    """
    best: dict[str, Offer] = {}
    for offer in offers:
        held = best.get(offer.field)
        if offer.value and (held is None or (offer.confidence or 0) > (held.confidence or 0)):
            best[offer.field] = offer
    names = set(best)
    if any(name in best and _differ(ours.get(name), best[name].value) for name in _ADDRESS if ours.get(name)):
        names -= set(_ADDRESS)  # it speaks of another place than we do
    return {name: best[name].value for name in sorted(names) if not ours.get(name)}


def _differ(ours: object, theirs: str) -> bool:
    return str(ours).casefold() != theirs.casefold()
