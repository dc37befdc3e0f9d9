"""Which of our fields a column fills, by its name and by what stands in it. Pure.

Invariant: a guess is a proposal with its reason. A name is not believed when none of the column's values can be used
for that field; a field that holds one value is proposed for one column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from intake.mapping.spec import EMPTY
from intake.normalize import registry
from intake.normalize.result import Context
from intake.records import LISTS, TARGETS, Kind
from intake.tables.column_names import FIELD_OF, IDS
from intake.tables.shape import Cell

# What a spreadsheet writes where a formula failed.
SPREADSHEET_ERRORS = ("#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!")
_CONTEXT = Context(empty=frozenset((*EMPTY, *SPREADSHEET_ERRORS)))

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TAIL = re.compile(r"(?: \d{1,2})+$")
# Kinds whose values are told from others with certainty: they may veto a name.
_STRICT = frozenset(
    ("email", "phone", "zip", "state", "date", "datetime", "price", "money", "boolean", "beds", "baths", "sqft")
    + ("lot_sqft", "year", "latitude", "longitude", "url")
)
# Fields that are believed by content alone, and the share of a column's values that must be usable for it.
_BY_CONTENT = (("contact.email", 0.8), ("contact.phone", 0.9), ("property.url", 0.9))
_ENOUGH = 3  # values by which a column may be judged


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column may be.

    Attributes:
        target: our field; "" for none.
        why: by its name, by its content, or not at all.
    """

    column: str
    target: str = ""
    why: Literal["name", "content", ""] = ""


def recognize(columns: Sequence[str], sample: Sequence[Mapping[str, Cell]], kind: Kind = "lead") -> list[Guess]:
    """A guess for each column, in their order.

    Args:
        columns: their names.
        sample: some rows by name.
        kind: a bare `address` or `city` is the person's in a list of leads, and the home's in one of listings.
    """
    taken: set[str] = set()
    guesses = []
    for column in columns:
        values = filled(sample, column)
        guess = _by_name(column, values, kind, taken) or _by_content(column, values, taken)
        if guess.target not in LISTS:
            taken.add(guess.target)
        guesses.append(guess)
    return guesses


def usable(target: str, value: Cell) -> bool:
    """Can this value be used for that field?"""
    return registry.normalize(TARGETS[target], value, _CONTEXT).value is not None


def is_filled(value: Cell) -> bool:
    """Is there a value, and not one of the words for nothing?"""
    return value is not None and not (isinstance(value, str) and value.strip().casefold() in _CONTEXT.empty)


def filled(sample: Iterable[Mapping[str, Cell]], column: str) -> list[Cell]:
    """The values of a column, empty ones left out."""
    return [record[column] for record in sample if is_filled(record.get(column))]


def plain(column: str) -> str:
    """A name as words in lower case: "ContactEmail_1" is "contact email"."""
    return _TAIL.sub("", " ".join(_WORDS.findall(column)).lower())


_BEFORE = ("contact ", "lead ", "client ", "customer ", "person ", "your ", "buyer ")


def _by_name(column: str, values: list[Cell], kind: Kind, taken: set[str]) -> Guess | None:
    name = plain(column)
    shorter = (name.removeprefix(word) for word in _BEFORE if name.startswith(word))
    target = next((FIELD_OF[kind][one] for one in (name, *shorter) if one in FIELD_OF[kind]), "")
    if not target or target in taken:
        return None
    if TARGETS[target] in _STRICT and len(values) >= _ENOUGH and not any(usable(target, value) for value in values):
        return None
    return Guess(column, target, "name")


def _by_content(column: str, values: list[Cell], taken: set[str]) -> Guess:
    for target, share in _BY_CONTENT if len(values) >= _ENOUGH else ():
        good = sum(usable(target, value) for value in values)
        if good / len(values) >= share and target not in taken and plain(column) not in IDS:
            return Guess(column, target, "content")
    return Guess(column)
