"""US postal addresses on one line. Value: "123 N Main St Apt 4, Austin, TX 78701"; parts: each piece.

Invariant: words are abbreviated only where the parser named their role, so that "Street Road" keeps its
name. A reading that leaves a doubt says so. `usaddress` finds the roles; what it sees is capped and has its
odd characters removed, because it takes seconds on brackets in a row.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

import usaddress

from intake.normalize import state as states
from intake.normalize.casing import capitalize, recase
from intake.normalize.reading import failed, one_line, read_text
from intake.normalize.result import Context, Issue, IssueCode, Result
from intake.normalize.stable import settle
from intake.normalize.street_words import DIRECTIONS, ROUTE_WORDS, SUFFIXES, UNITS

BY = "address@1"
LIMIT = 300
_CACHED = 4096

_BREAKS = re.compile(r"[\r\n|;]+")
_ODD = re.compile(r"[^\w\s,.#&/'’-]|_")
_REPEATED = re.compile(r"([^\w\s])(?:\s*\1)+")
_ORDINAL = re.compile(r"(\d+)(st|nd|rd|th)", re.IGNORECASE)
_COUNTRY = re.compile(r"[,\s]+(?:usa|u\.?s\.?a?\.?|united states(?: of america)?)\.?$", re.IGNORECASE)
_ZIP = re.compile(r"(\d{5})(?:-?(\d{4}))?")
_HASH = re.compile(r"#\s*")

_NUMBER = {"AddressNumberPrefix", "AddressNumber", "AddressNumberSuffix"}
_STREET = {
    "StreetNamePreModifier",
    "StreetNamePreDirectional",
    "StreetNamePreType",
    "StreetName",
    "StreetNamePostType",
    "StreetNamePostDirectional",
    "USPSBoxType",
    "USPSBoxID",
    "USPSBoxGroupType",
    "USPSBoxGroupID",
    "IntersectionSeparator",
}
_UNIT = {"OccupancyType", "OccupancyIdentifier", "SubaddressType", "SubaddressIdentifier"}
_ROLE = {
    **dict.fromkeys(_NUMBER, "number"),
    **dict.fromkeys(_STREET, "street"),
    **dict.fromkeys(_UNIT, "unit"),
    "PlaceName": "city",
    "StateName": "state",
    "ZipCode": "zip",
}


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a whole address; parts number, street, line (number and street), unit, city, state, zip, zip4."""
    text = read_text(_BREAKS.sub(", ", raw[: 4 * LIMIT]) if isinstance(raw, str) else raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return replace(text, raw=raw)
    result = _parse(text)
    return replace(result, raw=raw, parts=dict(result.parts))


@lru_cache(maxsize=_CACHED)
def _parse(text: str) -> Result:
    return settle(_once, text, BY, IssueCode.UNCLEAR_ADDRESS)


def _once(text: str) -> Result:
    found, unclear = pieces(text)
    line = " ".join(filter(None, (found.get("number"), found.get("street"))))
    front = " ".join(filter(None, (line, found.get("unit"))))
    zip_code = found.get("zip", "") + (f"-{found['zip4']}" if found.get("zip4") else "")
    region = " ".join(filter(None, (found.get("state"), zip_code)))
    value = ", ".join(filter(None, (front, found.get("city"), region)))
    if not value:
        return failed(text, BY, IssueCode.UNCLEAR_ADDRESS)
    issues = []
    if not found.get("street") or not (found.get("city") or found.get("zip")):
        issues.append(Issue(IssueCode.INCOMPLETE_ADDRESS))
    if unclear:
        issues.append(Issue(IssueCode.UNCLEAR_ADDRESS))
    parts = {**found, **({"line": line} if line else {})}
    key = "".join(letter for letter in value.casefold() if letter.isalnum())
    return Result(value, value, parts, key, tuple(issues), text, BY)


def pieces(text: str) -> tuple[dict[str, str], bool]:
    """The pieces of an address line by role, and whether the reading leaves a doubt."""
    plain = one_line(_REPEATED.sub(r"\1", _ODD.sub(" ", _COUNTRY.sub("", text))))
    gathered: dict[str, list[tuple[str, str]]] = {}
    unclear, previous = False, ""
    for token, label in usaddress.parse(_HASH.sub("# ", plain)):
        role = _ROLE.get(label, "")
        if not role or (role in gathered and role != previous):
            unclear = True
        if role:
            gathered.setdefault(role, []).append((token.strip(" ,"), label))
        previous = role
    found = {role: _written(role, tokens) for role, tokens in gathered.items()}
    if "state" in found:
        code = states.lookup(found["state"])
        unclear = unclear or code is None
        found["state"] = code or found["state"]
    if "zip" in found:
        match = _ZIP.fullmatch(found["zip"])
        unclear = unclear or match is None
        if match:
            found["zip"] = match[1]
            if match[2]:
                found["zip4"] = match[2]
    return {role: piece for role, piece in found.items() if piece}, unclear


def _written(role: str, tokens: list[tuple[str, str]]) -> str:
    words = [(token.rstrip(".") if len(token) > 2 else token.replace(".", ""), label) for token, label in tokens]
    if role == "street":
        return " ".join(filter(None, (_street_word(word, label) for word, label in words)))
    if role == "unit":
        return " ".join(_unit_word(word, label) for word, label in words)
    if role == "city":
        return recase(" ".join(word for word, _ in words))
    return " ".join(word for word, _ in words).upper()


def _street_word(word: str, label: str) -> str:
    lower = word.casefold().replace(".", "")
    if label.endswith("Directional") and lower in DIRECTIONS:
        return DIRECTIONS[lower]
    if label == "StreetNamePostType" and lower in SUFFIXES:
        return SUFFIXES[lower]
    if lower in ROUTE_WORDS and label != "StreetName":
        return ROUTE_WORDS[lower]
    if ordinal := _ORDINAL.fullmatch(word):
        return ordinal[1] + ordinal[2].lower()
    if any(letter.isdigit() for letter in word):
        return word.upper()
    if word in (word.upper(), word.lower()):
        return word.upper() if len(word) == 1 else capitalize(word.lower())
    return word


def _unit_word(word: str, label: str) -> str:
    if label.endswith("Type"):
        return UNITS.get(word.casefold(), capitalize(word.lower()))
    return word.upper()
