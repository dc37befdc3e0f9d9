"""US postal addresses on one line. Value: "123 N Main St Apt 4, Austin, TX 78701"; parts: each piece.

Invariant: two independent readers saw the same pieces, or the result says that they did not. Words are abbreviated
only where a reader named their role, so that "Street Road" keeps its name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from intake.normalize import state as states
from intake.normalize.address_readers import (
    CITY,
    NUMBER,
    STATE,
    STREET,
    UNIT,
    ZIP,
    Reading,
    Word,
    doorplate_reading,
    strict_reading,
    usaddress_reading,
)
from intake.normalize.casing import capitalize, recase
from intake.normalize.reading import failed, one_line, read_text
from intake.normalize.result import Context, Issue, IssueCode, Result, Severity
from intake.normalize.stable import settle
from intake.normalize.street_words import DIRECTIONS, ROUTE_WORDS, SUFFIXES, UNITS, UNITS_WITH_IDENTIFIER

BY = "address@1"
LIMIT = 300
_CACHED = 4096

_BREAKS = re.compile(r"[\r\n|;]+")
_ODD = re.compile(r"[^\w\s,.#&/'’-]|_")
_REPEATED = re.compile(r"([^\w\s])(?:\s*\1)+")
_COUNTRY = re.compile(r"[,\s]+(?:usa|u\.?s\.?a?\.?|united states(?: of america)?)\.?$", re.IGNORECASE)
_HASH = re.compile(r"#\s*(?:(apt|apartment|ste|suite|unit|lot|bldg|rm)\b)?", re.IGNORECASE)
_US_ROUTE = re.compile(r"\bu\.? ?s\.?(?= (?:highway|hwy|route|rte|rt|\d))", re.IGNORECASE)
_DOTTED_QUADRANT = re.compile(r"\b([ns])\.(?:([ew])\b\.?|\s([ew])\.)", re.IGNORECASE)
_LONE_QUADRANT = re.compile(r"([a-z]{2,10})\.?, (?=[ns][ew]\b)", re.IGNORECASE)
# A direction that may belong to either side: "Main St, NW Austin", "Main St N E Austin", "North East St".
_GUESSED = re.compile(r", [ns]\.?[ew]\b\.? (?=[a-z])|\b(?:n|s|north|south)\.? (?:e|w|east|west)\b", re.IGNORECASE)
_GLUED_UNIT = re.compile(r"\b(apt|bldg|lot|lt|spc|ste|trlr|unit)\.?(?=\d)", re.IGNORECASE)
_SPLIT_ZIP = re.compile(r"\b(\d{5}) (\d{4})$")
_GRID = re.compile(r"\b(\d{1,5})([nsew])\.? (\d{1,5})([nsew])\b", re.IGNORECASE)
_SWAPPED = ("StreetNamePostDirectional", "StreetNamePostType")
_NAMED = frozenset({"StreetName", "StreetNamePostType"})
_ORDINAL = re.compile(r"(\d+)(st|nd|rd|th)", re.IGNORECASE)
_ZIP = re.compile(r"(\d{5})(?:-?(\d{4}))?")
# "River Rd Liberty Grove Rd" names two streets, not one.
_TWO_STREETS = re.compile(r".+ (Ave|Blvd|Ln|Rd) .+ (Ave|Blvd|Ln|Rd|St)\b")


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
    found, issues = pieces(text)
    line = " ".join(filter(None, (found.get(NUMBER), found.get(STREET))))
    front = " ".join(filter(None, (line, found.get(UNIT))))
    zip_code = found.get(ZIP, "") + (f"-{found['zip4']}" if "zip4" in found else "")
    region = " ".join(filter(None, (found.get(STATE), zip_code)))
    value = ", ".join(filter(None, (front, found.get(CITY), region)))
    if not value:
        return failed(text, BY, IssueCode.UNCLEAR_ADDRESS)
    if not found.get(STREET) or not (found.get(CITY) or found.get(ZIP)):
        issues = (Issue(IssueCode.INCOMPLETE_ADDRESS), *issues)
    parts = {**found, **({"line": line} if line else {})}
    key = "".join(letter for letter in value.casefold() if letter.isalnum())
    return Result(value, value, parts, key, issues, text, BY)


def pieces(text: str) -> tuple[dict[str, str], tuple[Issue, ...]]:
    """The pieces of an address line by role, written the postal way, and the doubts that the reading leaves."""
    reading, agreed = _read(_prepared(text))
    doubts = set() if agreed else {IssueCode.READERS_DISAGREE}
    if reading.torn or _GUESSED.search(text):
        doubts.add(IssueCode.UNCLEAR_ADDRESS)
    found: dict[str, str] = {}
    for role, words in reading.words.items():
        found[role], doubted = _WRITERS[role](words)
        if doubted:
            doubts.add(IssueCode.UNCLEAR_ADDRESS)
    if match := _ZIP.fullmatch(found.get(ZIP, "")):
        found[ZIP] = match[1]
        if match[2]:
            found["zip4"] = match[2]
    if " & " in found.get(STREET, "") and " & " not in text:
        found[STREET] = found[STREET].replace(" & ", "&")  # a reader took "WB&A" apart
    issues = tuple(Issue(code, Severity.WARN) for code in sorted(doubts))
    return {role: piece for role, piece in found.items() if piece}, issues


def _prepared(text: str) -> str:
    """What the readers see: one line without the country and without runs of odd characters, glued words apart."""
    text = _ODD.sub(" ", _COUNTRY.sub("", text.replace("⁄", "/")))
    text = _US_ROUTE.sub("US", one_line(_REPEATED.sub(r"\1", text)))
    text = _HASH.sub(lambda match: match[1] or "# ", text)
    text = _DOTTED_QUADRANT.sub(lambda match: match[1] + (match[2] or match[3]), text)
    text = _LONE_QUADRANT.sub(lambda match: f"{match[1]} " if match[1].casefold() in SUFFIXES else match[0], text)
    return _SPLIT_ZIP.sub(r"\1-\2", _GRID.sub(r"\1 \2 \3 \4", _GLUED_UNIT.sub(r"\1 ", text)))


def _read(text: str) -> tuple[Reading, bool]:
    """The reading that two readers share; else the likelier of the two that were made to read anything."""
    strict, ruled = strict_reading(text), doorplate_reading(text)
    if strict is not None and not ruled.torn and strict.folded() == ruled.folded():
        return strict, True
    learned = usaddress_reading(text)
    for other in filter(None, (strict, ruled)):
        if not other.torn and not learned.torn and other.folded() == learned.folded():
            return (other if other.has_suffix and not learned.has_suffix else learned), True
    return (ruled if ruled.doubts() < learned.doubts() else learned), False


def _number(words: list[Word]) -> tuple[str, bool]:
    return " ".join(word for word, _ in words).upper(), False


def _street(words: list[Word]) -> tuple[str, bool]:
    """The street's words with their abbreviations, a direction behind the suffix if it stood in between."""
    words = [(word.rstrip(".") if len(word) > 2 else word.replace(".", ""), label) for word, label in words]
    moved = any(
        name[1] in _NAMED and not name[0].isdecimal() and direction[1:] + suffix[1:] == _SWAPPED
        for name, direction, suffix in zip(words, words[1:], words[2:], strict=False)
    )
    if moved:  # "Oak South Blvd" may also be the name "Oak South"
        words.sort(key=lambda word: word[1] == _SWAPPED[0])
    written = " ".join(word for word, _ in words)
    uniform = written in (written.upper(), written.lower())
    street = " ".join(filter(None, (_street_word(word, label, uniform) for word, label in words)))
    return street, moved or _TWO_STREETS.match(street.title()) is not None


def _street_word(word: str, label: str, uniform: bool) -> str:
    """uniform: the whole street is in one case, so that the case of this word says nothing."""
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
    if uniform or word == word.lower() or (len(word) > 3 and word == word.upper()):
        return word.upper() if len(word) == 1 else capitalize(word.lower())
    return word


def _unit(words: list[Word]) -> tuple[str, bool]:
    """The designator in its short form and the identifier; a designator that lacks its identifier says nothing."""
    if len(words) == 1 and words[0][0].casefold().rstrip(".") in UNITS_WITH_IDENTIFIER:
        return "", True
    written = [_unit_word(word.rstrip("."), label) for word, label in words]
    if written[-1] == "Fl":
        written[-1] = "Floor"  # "2nd Fl" would read as Florida
    return " ".join(written), False


def _unit_word(word: str, label: str) -> str:
    if word.casefold() in UNITS and len(word) > 1:
        return UNITS[word.casefold()]
    if label.endswith("Type"):
        return capitalize(word.lower())
    ordinal = _ORDINAL.fullmatch(word)
    return ordinal[1] + ordinal[2].lower() if ordinal else word.upper()


def _city(words: list[Word]) -> tuple[str, bool]:
    return recase(" ".join(word if len(word) > 2 else word.rstrip(".") for word, _ in words)), False


def _state(words: list[Word]) -> tuple[str, bool]:
    text = " ".join(word for word, _ in words)
    code = states.lookup(text)
    return code or text.upper(), code is None


def _zip(words: list[Word]) -> tuple[str, bool]:
    text = "-".join(word.rstrip(".") for word, _ in words)
    return text, _ZIP.fullmatch(text) is None


_WRITERS = {NUMBER: _number, STREET: _street, UNIT: _unit, CITY: _city, STATE: _state, ZIP: _zip}
