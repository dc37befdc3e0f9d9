"""Three independent readers of a US address line. Each answers a Reading: the words by role, as it sees them.

Invariant: readers share no code and no data beyond the words of Publication 28, so that two of them agreeing is
evidence. `usaddress` learned from labelled addresses, `doorplate` follows rules and lists of places, and `strict` is
one narrow pattern that reads only what leaves no choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import doorplate
import usaddress

from intake.normalize import state as states
from intake.normalize.street_words import DIRECTIONS, LONE_UNITS, ROUTE_WORDS, SUFFIXES, UNITS

NUMBER, STREET, UNIT, CITY, STATE, ZIP = ROLES = ("number", "street", "unit", "city", "state", "zip")
_LABELS = {
    NUMBER: "AddressNumberPrefix AddressNumber AddressNumberSuffix",
    STREET: "StreetNamePreModifier StreetNamePreDirectional StreetNamePreType StreetName StreetNamePostType"
    " StreetNamePostDirectional USPSBoxType USPSBoxID USPSBoxGroupType USPSBoxGroupID IntersectionSeparator",
    UNIT: "OccupancyType OccupancyIdentifier SubaddressType SubaddressIdentifier",
    CITY: "PlaceName",
    STATE: "StateName",
    ZIP: "ZipCode",
}
_ROLE = {label: role for role, labels in _LABELS.items() for label in labels.split()}

Word = tuple[str, str]  # a word and the label its reader gave it, in the vocabulary of usaddress


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader saw: its words by role, and whether words were left without a role or a role was torn apart."""

    words: dict[str, list[Word]]
    torn: bool = False

    def folded(self) -> dict[str, str]:
        """Each role's letters and digits, directions and suffixes in one spelling: what two readers must agree on."""
        return {role: "".join(_fold(word, role) for word, _ in words) for role, words in self.words.items()}

    @property
    def has_suffix(self) -> bool:
        """Does it see a suffix such as Ave?"""
        return any(label == "StreetNamePostType" for _, label in self.words.get(STREET, ()))

    def doubts(self) -> int:
        """How many things about this reading no real address has. Of two readings that differ, fewer is likelier."""
        found = int(self.torn)
        city = [word.casefold().strip(".") for word, _ in self.words.get(CITY, ())]
        street = [word.casefold().strip(".,") for word, _ in self.words.get(STREET, ())]
        found += any(any(map(str.isdigit, word)) or word in UNITS or word in _QUADRANTS for word in city)
        found += STATE in self.words and not city
        found += STATE not in self.words and bool(city) and city[-1].upper() in states.CODES
        found += bool(city) and STATE in self.words and not self._is_place()
        found += STATE in self.words and states.lookup(" ".join(word for word, _ in self.words[STATE])) is None
        found += NUMBER in self.words and not street
        found += NUMBER not in self.words and bool(street) and street[0].isdecimal()
        found += len(street) == 1 and street[0] in DIRECTIONS
        named = [word for word in street[1:] if word not in DIRECTIONS]
        found += any(
            before in SUFFIXES and after not in SUFFIXES and after.isalpha()
            for before, after in zip(named, named[1:], strict=False)
        )
        return found

    def _is_place(self) -> bool:
        city, state = (" ".join(word for word, _ in self.words.get(role, ())) for role in (CITY, STATE))
        return doorplate.parse_fields(city=city, state=state).place is not None


def usaddress_reading(text: str) -> Reading:
    """The roles that usaddress gives. The text is at most a few hundred characters without runs of odd ones, on which
    it takes seconds.
    """
    return _reading(usaddress.parse(text))


def doorplate_reading(text: str) -> Reading:
    """The roles that doorplate gives."""
    try:
        return _reading(doorplate.parse_tokens(text))
    except doorplate.ParseError:  # it found nothing to read
        return Reading({}, torn=True)


def _reading(labelled: Iterable[tuple[str, str | None]]) -> Reading:
    words: dict[str, list[Word]] = {}
    torn, previous = False, ""
    for token, label in labelled:
        word = token.strip(" ,;")
        if not any(map(str.isalnum, word)) and word not in ("#", "&"):
            continue
        role = _ROLE.get(label or "") or _neighbour(previous, word)
        if role == CITY and CITY not in words and word.casefold().rstrip(".") in LONE_UNITS:
            role, torn = UNIT, True  # "Main St, Basement Austin": readers take the word for the city's
        if not role and word.casefold().rstrip(".") in ("no", "number"):
            continue  # "No. 5": doorplate leaves the word out
        if (not label and word.isalpha()) or not role or (role in words and role != previous):
            torn = True
        if role:
            words.setdefault(role, []).append((word, label or ""))
        previous = role
    return Reading(words, torn)


def _neighbour(previous: str, word: str) -> str:
    """The role of a word that its reader could not place: no word behind the street may get lost."""
    if previous == STREET and word.casefold().rstrip(".") in SUFFIXES:
        return STREET
    if previous in (STREET, UNIT):
        return UNIT
    return ZIP if previous == STATE and word.isdecimal() else ""


_DIRECTION = r"(?:[NSEW]|[NS]\.?[EW]|north|south|east|west|(?:north|south)(?:east|west))\b\.?"
_STRICT = re.compile(
    rf"(?P<number>\d{{1,6}}(?:-\d{{1,4}})?[a-z]?) (?:(?P<pre>{_DIRECTION}) )?"
    rf"(?P<name>(?:[a-z'’.-]{{2,25}} ){{0,3}}[a-z'’.-]{{2,25}}|\d{{1,4}}(?:st|nd|rd|th))"
    rf" (?P<suffix>(?!{_DIRECTION}[ ,])[a-z]{{2,10}})\.?"
    rf"(?: (?P<post>{_DIRECTION}))?"
    r"(?:,? (?P<designator>[a-z]{2,10}|#)\.? (?P<identifier>(?!\d{5}\b)#?(?:[a-z]?-?\d{1,5}-?[a-z]?|[a-z])))?"
    r", (?P<city>[a-z.'’-]{2,25}(?: [a-z.'’-]{2,25}){0,3}),? (?P<state>[a-z]{2}|[a-z]{4,14}|[a-z]{3,5} [a-z]{4,10})"
    r",?(?: (?P<zip>\d{5}(?:-\d{4})?))?",
    re.IGNORECASE,
)
_QUADRANTS = frozenset({"nw", "ne", "sw", "se"})
# Words that give a street's name a second meaning: numbered routes, units, directions.
_SPECIAL = frozenset(
    {
        *UNITS,
        *DIRECTIONS,
        *ROUTE_WORDS,
        "highway",
        "hwy",
        "route",
        "rt",
        "rte",
        "road",
        "county",
        "state",
        "box",
        "avenue",
    }
)


def strict_reading(text: str) -> Reading | None:
    """The reading of "123 N Oak St Apt 4, Austin, TX 78701": number, direction, name, suffix, direction, unit, city,
    state, ZIP, with a comma before the city. None for anything that could be read another way.
    """
    match = _STRICT.fullmatch(text)
    if match is None or match["suffix"].casefold() not in SUFFIXES:
        return None
    name = match["name"].split(" ")
    designator, city = match["designator"], match["city"].split(" ")
    if (
        not _SPECIAL.isdisjoint(word.casefold().strip(".") for word in name)
        or (designator and designator.casefold() not in UNITS)
        or states.lookup(match["state"]) is None
        or city[0].casefold() in UNITS
        or city[0].casefold().strip(".") in DIRECTIONS.keys() - {"north", "south", "east", "west"}
        or any(states.lookup(word) and len(word) == 2 for word in city[1:])
    ):
        return None
    street = [(match["pre"], "StreetNamePreDirectional"), *((word, "StreetName") for word in name)]
    street += [(match["suffix"], "StreetNamePostType"), (match["post"], "StreetNamePostDirectional")]
    unit = [(designator, "OccupancyType"), (match["identifier"], "OccupancyIdentifier")]
    words = {
        NUMBER: [(match["number"], "AddressNumber")],
        STREET: [(word, label) for word, label in street if word],
        UNIT: [(word, label) for word, label in unit if word],
        CITY: [(word, "PlaceName") for word in city],
        STATE: [(match["state"], "StateName")],
        ZIP: [(match["zip"], "ZipCode")] if match["zip"] else [],
    }
    return Reading({role: found for role, found in words.items() if found})


def _fold(word: str, role: str) -> str:
    plain = "".join(filter(str.isalnum, word.casefold()))
    if role == STREET:
        return (DIRECTIONS.get(plain) or SUFFIXES.get(plain) or plain).casefold()
    if role == UNIT:
        return "" if plain in UNITS else plain
    return plain
