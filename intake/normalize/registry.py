"""Every kind of value by name and version: "phone" is the newest, "phone@1" stays what it was.

Invariant: a version once published keeps giving the same results for the same raw values; a change that
matters is a new version beside the old one, so that a stored value can always be computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

from intake.normalize import (
    address,
    boolean,
    city,
    company,
    coordinate,
    date,
    email,
    geocode,
    mls_id,
    name,
    name_part,
    number,
    parcel,
    phone,
    picklist,
    price,
    school_rating,
    state,
    street,
    text,
    url,
)
from intake.normalize import zip as zip_code
from intake.normalize.result import Context, Result

Normalizer: TypeAlias = Callable[[object, Context], Result]


class UnknownNormalizer(LookupError):
    """No normalizer has this name and version.

    Bad use, not bad data: mappings are checked before they are published.
    """


_VERSIONS: dict[str, dict[int, Normalizer]] = {
    "address": {1: address.normalize},
    "baths": {1: number.baths},
    "beds": {1: number.beds},
    "boolean": {1: boolean.normalize},
    "city": {1: city.normalize},
    "company": {1: company.normalize},
    "date": {1: date.date_},
    "datetime": {1: date.datetime_},
    "email": {1: email.normalize},
    "geocode": {1: geocode.normalize},
    "latitude": {1: coordinate.latitude},
    "lead_kind": {1: partial(picklist.normalize, picklist=picklist.KIND_LIST)},
    "listing_status": {1: partial(picklist.normalize, picklist=picklist.STATUS_LIST)},
    "longitude": {1: coordinate.longitude},
    "lot_sqft": {1: number.lot_sqft},
    "mls_id": {1: mls_id.normalize},
    "money": {1: price.money},
    "name": {1: name.normalize},
    "name_part": {1: name_part.normalize},
    "parcel": {1: parcel.normalize},
    "phone": {1: phone.normalize},
    "picklist": {1: picklist.normalize},
    "price": {1: price.price},
    "school_rating": {1: school_rating.normalize},
    "sqft": {1: number.sqft},
    "state": {1: state.normalize},
    "street": {1: street.normalize},
    "text": {1: text.normalize},
    "url": {1: url.normalize},
    "year": {1: number.year},
    "zip": {1: zip_code.normalize},
}


def _table() -> Mapping[str, Normalizer]:
    """Both spellings of every name, so that a lookup is one step."""
    table: dict[str, Normalizer] = {}
    for kind, versions in _VERSIONS.items():
        table[kind] = versions[max(versions)]
        table.update({f"{kind}@{version}": normalizer for version, normalizer in versions.items()})
    return MappingProxyType(table)


_TABLE = _table()
# Kinds that translate by a list of the caller's.
BY_PICKLIST = frozenset({"picklist", "listing_status", "lead_kind"})


def names() -> tuple[str, ...]:
    """The names of all kinds, without versions, in alphabetical order."""
    return tuple(sorted(_VERSIONS))


def versioned(name: str) -> str:
    """The full name with its version: "phone" -> "phone@1". Raises UnknownNormalizer."""
    _find(name)
    return name if "@" in name else f"{name}@{max(_VERSIONS[name])}"


def normalize(name: str, raw: object, ctx: Context, picklist: Mapping[str, str] | None = None) -> Result:
    """Clean one raw JSON value by the normalizer of this name.

    Never raises for a value; raises UnknownNormalizer for a name.

    picklist: source words to internal words, for the kinds in BY_PICKLIST.
    """
    normalizer = _find(name)
    if picklist is not None and name.partition("@")[0] in BY_PICKLIST:
        return normalizer(raw, ctx, picklist=picklist)  # type: ignore[call-arg]
    return normalizer(raw, ctx)


def _find(name: str) -> Normalizer:
    try:
        return _TABLE[name]
    except KeyError:
        raise UnknownNormalizer(f"There is no normalizer {name!r}; known are {', '.join(names())}.") from None
