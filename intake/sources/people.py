"""Invented people and homes by number, and the ways different senders write the same person.

Invariant: person(n) is the same everywhere and always; two numbers never share an e-mail or a phone; every
phone is one that phonenumbers calls valid; whatever `written` does to a person, normalizing gives the person
back.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from importlib.resources import files

import yaml

PEOPLE = 1_000_000
HOMES = 50_000

# Area codes of the cities below, and only whole-state neighbors; 312 is left to the board's agents, who write
# 7 digits.
_AREA_CODES = (
    "773",
    "847",
    "708",
    "630",
    "815",
    "217",
    "309",
    "618",
    "414",
    "262",
    "608",
    "920",
    "317",
    "219",
    "574",
)
_AGENT_AREA_CODE = "312"
# No N11 services, and not 555, which directory assistance and films keep.
_EXCHANGES = tuple(n for n in range(220, 990) if n % 100 != 11 and n != 555)
# Coprime to every factor it is used with, so that neighbors in number are strangers in phone.
_STRIDE = 7_368_787

_WORDS = yaml.safe_load(files("intake.sources").joinpath("people.yaml").read_text("utf-8"))
_FIRST: list[str] = _WORDS["first"]
_LAST: list[str] = _WORDS["last"]
_STREETS: list[str] = _WORDS["streets"]
_SUFFIXES: list[str] = _WORDS["suffixes"]
_CITIES = (
    ("Chicago", "IL", "60614"),
    ("Evanston", "IL", "60201"),
    ("Oak Park", "IL", "60302"),
    ("Skokie", "IL", "60076"),
    ("Naperville", "IL", "60540"),
    ("Peoria", "IL", "61602"),
    ("Milwaukee", "WI", "53202"),
    ("Madison", "WI", "53703"),
    ("Indianapolis", "IN", "46204"),
    ("Gary", "IN", "46402"),
)
_STATES = {"IL": "Illinois", "WI": "Wisconsin", "IN": "Indiana"}


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person, in canonical writing. phone: ten digits."""

    number: int
    first: str
    last: str
    email: str
    phone: str
    street: str
    city: str
    state: str
    zip: str


@dataclass(frozen=True, slots=True)
class Home:
    """One invented listing. price in whole dollars; agent is the number of the board's agent who lists it."""

    number: int
    mls_id: str
    street: str
    unit: str
    city: str
    state: str
    zip: str
    price: int
    beds: int
    baths: float
    sqft: int
    year_built: int
    agent: int

    @property
    def address(self) -> str:
        """In one line."""
        unit = f" Unit {self.unit}" if self.unit else ""
        return f"{self.street}{unit}, {self.city}, {self.state} {self.zip}"


@dataclass(frozen=True, slots=True)
class Writing:
    """A person as one sender wrote them."""

    name: str
    first: str
    last: str
    email: str
    phone: str


def person(number: int) -> Person:
    """The invented person of this number, from 0 to PEOPLE - 1. Raises ValueError outside."""
    if not 0 <= number < PEOPLE:
        raise ValueError(f"There are {PEOPLE:,} people, numbered from 0.")
    first, last = _FIRST[number % len(_FIRST)], _LAST[(number // len(_FIRST)) % len(_LAST)]
    city, state, zip_code = _CITIES[number * 7 % len(_CITIES)]
    domain = ("example.com", "example.net", "example.org")[number % 3]
    return Person(
        number=number,
        first=first,
        last=last,
        # The number makes it the only one: there are fewer names than people.
        email=f"{first}.{last}.{number}@{domain}".lower(),
        phone=_phone(number, _AREA_CODES),
        street=_street(number),
        city=city,
        state=state,
        zip=zip_code,
    )


def agent(number: int) -> Person:
    """An agent at the board: area code 312, which the board's feed leaves out."""
    return Person(
        number=number,
        first=_FIRST[number * 3 % len(_FIRST)],
        last="Listwell",
        email=f"agent.{number}@example.org",
        phone=_phone(number, (_AGENT_AREA_CODE,)),
        street="",
        city="",
        state="",
        zip="",
    )


def home(number: int) -> Home:
    """The invented listing of this number, from 0 to HOMES - 1. Raises ValueError outside."""
    if not 0 <= number < HOMES:
        raise ValueError(f"There are {HOMES:,} homes, numbered from 0.")
    city, state, zip_code = _CITIES[number % len(_CITIES)]
    beds = 1 + number % 5
    return Home(
        number=number,
        mls_id=f"EX{1_000_000 + number}",
        street=_street(number + PEOPLE),
        unit=str(1 + number % 30) if number % 3 == 0 else "",
        city=city,
        state=state,
        zip=zip_code,
        price=150_000 + (number * 7_919) % 1_400 * 1_000,
        beds=beds,
        baths=1 + (number % 6) / 2,
        sqft=450 + beds * 380 + number % 97,
        year_built=1890 + number % 135,
        agent=number % 40,
    )


def written(who: Person, rng: random.Random) -> Writing:
    """The same person as another sender might write them: case, blanks, order and punctuation differ, nothing
    else."""
    name = f"{who.first} {who.last}"
    return Writing(
        name=rng.choice(
            (name, name, name.upper(), name.lower(), f"{who.last}, {who.first}", f" {who.first}  {who.last} ")
        ),
        first=rng.choice((who.first, who.first, who.first.upper(), who.first.lower())),
        last=rng.choice((who.last, who.last, who.last.upper(), who.last.lower())),
        email=rng.choice((who.email, who.email, who.email.upper(), who.email.title(), f"  {who.email} ")),
        phone=phone_written(who.phone, rng),
    )


def phone_written(digits: str, rng: random.Random) -> str:
    """Ten digits in one of the ways people and programs write them."""
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    return rng.choice(
        (
            digits,
            f"({area}) {exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"{area}-{exchange}-{line}",
            f"+1{digits}",
            f"+1 {area} {exchange} {line}",
            f"1-{area}-{exchange}-{line}",
            f" {area} {exchange}-{line} ",
        )
    )


def state_name(code: str) -> str:
    """The state spelled out."""
    return _STATES[code]


def _phone(number: int, area_codes: tuple[str, ...]) -> str:
    """A one-to-one function of the number: the stride is coprime to the size of the space it walks."""
    space = len(area_codes) * len(_EXCHANGES) * 10_000
    place = number * _STRIDE % space
    rest, line = divmod(place, 10_000)
    area, exchange = divmod(rest, len(_EXCHANGES))
    return f"{area_codes[area]}{_EXCHANGES[exchange]}{line:04d}"


def _street(number: int) -> str:
    name, suffix = _STREETS[number * 5 % len(_STREETS)], _SUFFIXES[number * 3 % len(_SUFFIXES)]
    return f"{100 + number * 13 % 9_800} {'NSEW'[number % 4]} {name} {suffix}"
