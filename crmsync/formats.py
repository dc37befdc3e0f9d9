"""From what we store to what a CRM wants to read. Pure.

Inside, values are canonical (E.164 or 10 digits, ISO dates, whole dollars, two-letter states); each CRM's
spelling is made at the edge, here. Source of HubSpot's: reference of the vendor's object API ("values are
strings", dates YYYY-MM-DD, date-times ISO 8601) and a validator of its schema, which refuses numbers as
property values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

# What HubSpot itself puts between the values of a field that holds several.
_LIST_SEPARATOR = ";"

_NOT_DIGITS = re.compile(r"[^0-9]+")


def hubspot(value: object) -> str:
    """Spell one canonical value for HubSpot, where every property is a string.

    Raises:
        TypeError: a kind of value that no record of ours holds, or a date-time without a zone.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            return _plain(value)
        case float():
            return _plain(Decimal(repr(value)))
        case str():
            # A lone surrogate can stand in a Python string but not in JSON.
            return value.encode("utf-8", "replace").decode()
        case datetime():
            if value.tzinfo is None:
                raise TypeError("a date-time needs a zone")
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        case date():
            return value.isoformat()
        case list() | tuple():
            return _LIST_SEPARATOR.join(filter(None, map(hubspot, value)))
        case _:
            raise TypeError(f"no spelling for a {type(value).__name__}")


def _plain(number: Decimal) -> str:
    if not number.is_finite():
        raise TypeError("no spelling for a number that is not one")
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def e164(phone: str) -> str:
    """Spell a North American phone as E.164; what has a country or is unclear stays as it is."""
    digits = _NOT_DIGITS.sub("", phone)
    if phone.strip().startswith("+"):
        return "+" + digits
    if len(digits) == 10:
        return "+1" + digits
    if len(digits) == 11 and digits.startswith("1"):
        return "+" + digits
    return phone


def phone_spellings(phones: Iterable[str]) -> list[str]:
    """The ways a person may have typed these phones into a CRM, ours first; for an exact search.

    A CRM compares phones letter by letter, and people type them as they like.
    """
    spellings: dict[str, None] = {}
    for phone in phones:
        number = e164(phone)
        spellings[number] = None
        if number.startswith("+1") and len(number) == 12:
            area, exchange, line = number[2:5], number[5:8], number[8:]
            for form in ("{}{}{}", "({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "1{}{}{}", "+1 {}-{}-{}"):
                spellings[form.format(area, exchange, line)] = None
    return list(spellings)
