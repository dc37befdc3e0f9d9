"""How many contacts a core normalizes each second: name, e-mail, two phones, address, price and status.

Three kinds, none of which repeats a value, so that no cache helps: `messy` as people and portals write, `clean` as we
would write it ourselves, and the worst text of 100,000 characters. The floor in the same run is what the bare libraries
need for the messy ones, each called once for each value and without the work around it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import phonenumbers
import usaddress
from email_validator import EmailNotValidError, validate_email
from nameparser import parse as parse_name

from intake.normalize import registry
from intake.normalize.result import Context

Record = dict[str, str]
FIELDS = ("name", "email", "phone", "phone2", "address", "price", "status")
_KINDS = {"phone2": "phone", "status": "listing_status"}
_CONTEXT = Context(area_code="512")

_GIVEN = [
    "Ann",
    "Ben",
    "Carla",
    "David",
    "Elena",
    "Frank",
    "Grace",
    "Hugo",
    "Irene",
    "James",
    "Karen",
    "Luis",
    "Maria",
    "Nadia",
    "Omar",
    "Paula",
]
_FAMILY = [
    "Abbott",
    "Brennan",
    "Castillo",
    "Dawson",
    "Ellison",
    "Fischer",
    "Gallagher",
    "Hoffman",
    "Iverson",
    "Jansen",
    "McKay",
    "O'Neil",
]
_STREETS = [
    "Maple",
    "Oak",
    "Cedar",
    "Willow",
    "Juniper",
    "Lincoln",
    "Jefferson",
    "Bluebonnet",
    "Meadowlark",
    "Prospect",
    "Summit",
    "Harbor",
]
_SUFFIXES = [("Street", "St"), ("Avenue", "Ave"), ("Drive", "Dr"), ("Lane", "Ln"), ("Boulevard", "Blvd")]
_CITIES = [("Austin", "Texas", "TX", "787"), ("Denver", "Colorado", "CO", "802"), ("Tampa", "Florida", "FL", "336")]
_STATUSES = [("For Sale", "active"), ("UNDER CONTRACT", "pending"), ("Sold", "closed"), ("ComingSoon", "coming_soon")]
_HOSTILE = ("(", "1 ", "a ", "a@", "1,", "Mr ", "& ", "#", "½", "N W ", "1/2 ", "\u0660", "555-", "a-De ")


def clean_records(count: int, seed: int) -> list[Record]:
    """Contacts as we would write them."""
    return [_clean(random.Random(f"{seed}/{n}"), n) for n in range(count)]


def messy_records(count: int, seed: int) -> list[Record]:
    """Contacts as they arrive."""
    return [_messy(random.Random(f"{seed}/{n}"), n) for n in range(count)]


def _words(rng: random.Random, number: int) -> tuple[str, str, str]:
    """A given name, an invented middle name that makes the whole unlike any other, and a family name."""
    letters = "".join(chr(97 + int(digit)) for digit in str(number))
    return rng.choice(_GIVEN), letters.capitalize(), rng.choice(_FAMILY)


def _clean(rng: random.Random, number: int) -> Record:
    given, middle, family = _words(rng, number)
    suffix, (city, _, state, area) = rng.choice(_SUFFIXES)[1], rng.choice(_CITIES)
    zip_code = f"{area}{number % 90 + 10}"
    return {
        "name": f"{given} {middle} {family}",
        "email": f"{given.lower()}.{family.lower()}{number}@example.com",
        "phone": f"512{rng.randrange(200, 999)}{number % 10_000:04}",
        "phone2": f"303{rng.randrange(200, 999)}{number % 10_000:04}",
        "address": f"{number} {rng.choice(_STREETS)} {suffix} Apt {number % 90 + 1}, {city}, {state} {zip_code}",
        "price": str(200_000 + number),
        "status": rng.choice(_STATUSES)[1],
    }


def _messy(rng: random.Random, number: int) -> Record:
    given, middle, family = _words(rng, number)
    (suffix, _), (city, state, code, area) = rng.choice(_SUFFIXES), rng.choice(_CITIES)
    street = f"{number} {rng.choice(['North', 'S.', 'west'])} {rng.choice(_STREETS)} {suffix}"
    unit = rng.choice([f"Apartment {number % 90 + 1}", f"#{number % 90 + 1}", f"Suite {number % 90 + 1}B"])
    whole = f"{given} {middle} {family}"
    return {
        "name": rng.choice(
            [whole.upper(), f"{family}, {given} {middle}", f"Dr. {whole} Jr.", f"{given} & {middle} {family}"]
        ),
        "email": f" {given}.{family}+{number}@GMail.com ",
        "phone": f"({rng.randrange(201, 990)}) {rng.randrange(200, 999)}-{number % 10_000:04} ext. {number % 90 + 1}",
        "phone2": f"+1.{rng.randrange(201, 990)}.{rng.randrange(200, 999)}.{number % 10_000:04}",
        "address": rng.choice(
            [
                f"{street}, {unit}, {city}, {state} {area}{number % 90 + 10}-{number % 10_000:04}",
                f"{street} {unit} {city} {code} {area}{number % 90 + 10}".upper(),
                f"{street}\n{city}, {code}, {area}{number % 90 + 10}, USA",
            ]
        ),
        "price": rng.choice([f"${number % 900 + 100}K", f"$1,{number % 1000:03},000.00", f"from {number % 90 + 10}0k"]),
        "status": rng.choice(_STATUSES)[0],
    }


def normalize(record: Record) -> None:
    for field in FIELDS:
        registry.normalize(_KINDS.get(field, field), record[field], _CONTEXT)


def libraries(record: Record) -> None:
    """The libraries alone, once for each value."""
    parse_name(record["name"])
    try:
        validate_email(record["email"].strip(), check_deliverability=False)
    except EmailNotValidError:
        raise SystemExit(f"an e-mail of the bench was refused: {record['email']}") from None
    for field in ("phone", "phone2"):
        phonenumbers.is_valid_number(phonenumbers.parse(record[field], "US"))
    usaddress.parse(record["address"])


def records_per_second(work: Callable[[Record], None], records: list[Record]) -> float:
    """By the processor time of this one process."""
    started = time.process_time()
    for record in records:
        work(record)
    return len(records) / (time.process_time() - started)


def slowest_ms() -> tuple[float, str]:
    """The longest processor time that any kind needs for a text of 100,000 characters, or for its longest allowed."""
    return max(
        (milliseconds, f"{kind}, {unit!r}") for kind, unit, text in _worst() for milliseconds in [_ms(kind, text)]
    )


def _worst() -> Iterator[tuple[str, str, str]]:
    for kind in registry.names():
        for unit in _HOSTILE:
            whole = (unit * 100_000)[:100_000]
            for length in (100_000, 299, 199, 150, 119, 99):
                yield kind, unit, whole[:length]


def _ms(kind: str, text: str) -> float:
    started = time.process_time()
    registry.normalize(kind, text, _CONTEXT)
    return (time.process_time() - started) * 1000
