"""From BatchData's answers to our values. Pure; lenient where the vendor's shapes are not documented.

Invariant: an answer that cannot be read is said to be unreadable, never taken for "nothing found": it may have been
billed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crmsync.providers.base import Answer, Found
from crmsync.providers.batchdata.vendor import DEED_HISTORY, LOOKUP_FIELDS


class Unreadable(Exception):
    """This has none of the shapes that we know."""


def entries(body: Mapping[str, Any], service: str) -> list[Mapping[str, Any]]:
    """The records of an answer, one for each thing that was asked or found.

    Raises:
        Unreadable: it has no list of them.
    """
    for holder in (body.get("results"), body.get("result")):
        if isinstance(holder, Mapping):
            for name in ("persons", "data", "properties", "addresses", "phoneNumbers"):
                if isinstance(holder.get(name), list):
                    return [one for one in holder[name] if isinstance(one, Mapping)]
        if isinstance(holder, list):
            return [one for one in holder if isinstance(one, Mapping)]
    raise Unreadable(service)


def reference(entry: Mapping[str, Any]) -> str:
    """Our reference in one record of an answer; empty when it bears none."""
    for holder in (entry, entry.get("input"), entry.get("request")):
        if isinstance(holder, Mapping) and holder.get("requestId"):
            return str(holder["requestId"])
    return ""


def answer(service: str, found: Iterable[Mapping[str, Any]]) -> Answer:
    """The answer that these records of one question make."""
    matched = [entry for entry in found if not _unmatched(entry)]
    if service == "trace":
        # V3 holds the persons of an address in one record, V1 gives each person as a record of its own.
        people = [person for entry in matched for person in entry.get("persons", [entry]) if not _unmatched(person)]
        values = [value for person in people for value in _person(person)]
        return Answer(values, billed=1 if people else 0)
    if service == "lookup":
        return Answer([value for entry in matched[:1] for value in _property(entry)], billed=len(matched[:1]))
    if service == "check_address":
        return Answer([value for entry in matched[:1] for value in _address(entry)], billed=len(matched[:1]))
    return Answer([value for entry in matched for value in _number(service, entry)], billed=len(matched))


def e164(number: object) -> str:
    """Ten digits, or eleven beginning with 1, as E.164; empty when it is neither."""
    digits = "".join(sign for sign in str(number) if sign in "0123456789")
    digits = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return f"+1{digits}" if len(digits) == 10 else ""


def _unmatched(entry: Mapping[str, Any]) -> bool:
    meta = entry.get("meta")
    return isinstance(meta, Mapping) and (meta.get("matched") is False or bool(meta.get("error")))


def _person(person: Mapping[str, Any]) -> Iterable[Found]:
    for phone in _mappings(person.get("phoneNumbers") or person.get("phones")):
        number = e164(phone.get("number"))
        if not number:
            continue
        score = phone.get("score")
        yield Found("phone", number, confidence=min(score / 100, 1.0) if isinstance(score, int | float) else None)
        if phone.get("dnc") is True:
            yield Found("phone_dnc", "yes", about=number)
        if phone.get("tcpa") is True or person.get("litigator") is True:
            yield Found("phone_litigator", "yes", about=number)
        if phone.get("reachable") is False:
            yield Found("phone_active", "no", about=number)
    for email in person.get("emails") or ():
        address = email.get("email") if isinstance(email, Mapping) else email
        if isinstance(address, str) and "@" in address:
            yield Found("email", address.strip().lower())


def _property(entry: Mapping[str, Any]) -> Iterable[Found]:
    for field, places in LOOKUP_FIELDS.items():
        value = next((value for place in places if (value := _at(entry, place)) not in (None, "")), None)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            yield Found(field, str(value))
    owners = [_deed(deed) for deed in _mappings(_at(entry, DEED_HISTORY))]
    if told := "\n".join(filter(None, owners)):
        yield Found("owner_history", told)


def _deed(deed: Mapping[str, Any]) -> str:
    buyers = ", ".join(str(buyer) for buyer in deed.get("buyers") or ())
    price = deed.get("salePrice")
    parts = [
        str(deed.get("saleDate") or deed.get("recordingDate") or "")[:10],
        buyers,
        f"${price:,.0f}" if isinstance(price, int | float) else "",
    ]
    return " ".join(filter(None, parts)) if buyers else ""


def _address(entry: Mapping[str, Any]) -> Iterable[Found]:
    valid = _at(entry, ("meta", "verified"))
    yield Found("address_valid", "no" if valid is False else "yes")
    if valid is not False:
        for ours, theirs in {"city": "city", "state": "state", "zip": "zip", "zip4": "zipPlus4"}.items():
            value = entry.get(theirs) or _at(entry, ("address", theirs))
            if isinstance(value, str) and value:
                yield Found(ours, value[-4:] if ours == "zip4" else value[:5] if ours == "zip" else value)


def _number(service: str, entry: Mapping[str, Any]) -> Iterable[Found]:
    number = e164(entry.get("number"))
    name, field = {
        "check_phones": ("reachable", "phone_active"),
        "check_dnc": ("dnc", "phone_dnc"),
        "check_tcpa": ("tcpa", "phone_litigator"),
    }[service]
    if number and isinstance(entry.get(name), bool):
        yield Found(field, "yes" if entry[name] else "no", about=number)


def _at(entry: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    value: Any = entry
    for name in place:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _mappings(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
