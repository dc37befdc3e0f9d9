"""How good the data of a table is: what is missing, malformed or there twice, before anything is connected. Pure.

Each column that is recognized is judged by the normalizer of its field, which is the one that an import would use.
Invariant: a report holds no value of a person; what a column mostly says is shown by its first letter. Memory is eight
bytes per value, so that figures are exact and a long file fits.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from intake.normalize import registry
from intake.normalize.result import Context, Result
from intake.records import PARTS, TARGETS
from intake.tables.recognize import Guess, is_filled
from intake.tables.shape import Cell, Row, Shape

TOP = 5  # values of a column that are shown
COUNTED = 2_000  # different values of a column that are counted for that
GROUPS = 10  # groups of duplicates that are named by their rows
ROWS_NAMED = 8
HIDDEN = "•••"
# What these hold is said by many and tells nobody's name.
_OPEN = frozenset(
    (
        "contact.state",
        "contact.city",
        "contact.language",
        "contact.preferred_contact",
        "property.state",
        "property.city",
    )
    + ("property.status", "property.type", "property.county", "lead.kind", "lead.financing", "lead.timeframe")
    + ("lead.source_detail", "lead.campaign")
)
_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how many of the rows have a value, how many of the values cannot be used, how many differ.

    `reasons` are the normalizer's words for the malformed ones, `top` the most frequent values, masked.
    """

    name: str
    target: str
    filled: int
    malformed: int
    distinct: int
    reasons: tuple[tuple[str, int], ...] = ()
    top: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Rows that share a key. `rows` are those in all groups; `extra` is how many there are beyond one each."""

    by: str
    compared: int
    groups: int
    rows: int
    extra: int
    examples: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What an audit found.

    Attributes:
        rows: with at least one value.
        misfits: rows that cannot be taken as they stand.
        unreachable: rows without a usable e-mail or phone.
        nameless: rows without a name.
    """

    rows: int
    misfits: int
    unreachable: int
    nameless: int
    columns: tuple[Column, ...] = ()
    duplicates: tuple[Duplicates, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


@dataclass(slots=True)
class _Counting:
    """One column while it is counted."""

    guess: Guess
    filled: int = 0
    malformed: int = 0
    hashes: array[int] = field(default_factory=lambda: array("Q"))
    reasons: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)

    def add(self, value: Cell) -> Result | None:
        """Count one value; what its field's normalizer makes of it, where it has a field."""
        self.filled += 1
        text = " ".join(str(value).split())
        self.hashes.append(_hash(text))
        if text in self.said or len(self.said) < COUNTED:
            self.said[text] += 1
        if not self.guess.target:
            return None
        result = registry.normalize(TARGETS[self.guess.target], value, _CONTEXT)
        if result.value is None:
            self.malformed += 1
            self.reasons.update({issue.sentence for issue in result.issues})
        return result

    def report(self) -> Column:
        top = ((mask(text, self.guess.target), times) for text, times in self.said.most_common(TOP) if times > 1)
        return Column(
            self.guess.column,
            self.guess.target,
            self.filled,
            self.malformed,
            int(np.unique(np.frombuffer(self.hashes, dtype=np.uint64)).size) if self.hashes else 0,
            tuple(self.reasons.most_common(3)),
            tuple(top),
        )


class Audit:
    """Counts the rows of one table; `report` may be asked at any time."""

    def __init__(self, shape: Shape, guesses: Sequence[Guess]) -> None:
        self._shape = shape
        self._columns = [_Counting(guess) for guess in guesses]
        self._keys = {by: (array("Q"), array("Q")) for by in ("E-mail", "Phone", "Name and address")}
        self._named = any(guess.target in _NAMES for guess in guesses)
        self.rows = self._misfits = self._unreachable = self._nameless = 0

    def add(self, row: Row) -> None:
        """Count one row."""
        self.rows += 1
        self._misfits += row.problem is not None
        record = self._shape.record(row)
        found: dict[str, Result] = {}
        reached = False
        for column in self._columns:
            value = record[column.guess.column]
            if not is_filled(value):
                continue
            result = column.add(value)
            if result is None or result.value is None:
                continue
            found.setdefault(column.guess.target, result)
            if column.guess.target in ("contact.email", "contact.phone"):
                reached = True
                # The key by which an import finds the person: the address itself, or the phone as E.164.
                email = column.guess.target == "contact.email"
                self._note("E-mail" if email else "Phone", row, str(result.value) if email else result.key)
        self._unreachable += not reached
        who = _who(found)
        self._nameless += not who
        if who and (where := _where(found)):
            self._note("Name and address", row, f"{who}|{where}")

    def report(self) -> Report:
        """What was found so far."""
        return Report(
            self.rows,
            self._misfits,
            self._unreachable,
            self._nameless,
            tuple(column.report() for column in self._columns),
            tuple(_duplicates(by, *noted) for by, noted in self._keys.items()),
        )

    def _note(self, by: str, row: Row, key: str) -> None:
        keys, numbers = self._keys[by]
        keys.append(_hash(key))
        numbers.append(row.number)


def mask(text: str, target: str = "") -> str:
    """A value as a report may show it: whole where it names nobody, else its first letter, of an e-mail the domain."""
    if target in _OPEN:
        return text[:60]
    if target == "contact.email" and "@" in text:
        return f"{text[:1]}{HIDDEN}@{text.rpartition('@')[2][:60]}"
    return f"{text[:1]}{HIDDEN}" if len(text) > 1 else HIDDEN


def sampled(rows: Iterable[Row], shape: Shape, number: int) -> list[dict[str, Cell]]:
    """The first rows by name, for recognizing columns."""
    return [shape.record(row) for _, row in zip(range(number), rows, strict=False)]


_NAMES = frozenset(("contact.name", "contact.first_name", "contact.last_name", "contact.company"))


def _who(found: Mapping[str, Result]) -> str:
    whole = found.get("contact.name")
    parts = dict(whole.parts) if whole else {}
    first = found["contact.first_name"].value if "contact.first_name" in found else parts.get("first", "")
    last = found["contact.last_name"].value if "contact.last_name" in found else parts.get("last", "")
    company = found["contact.company"].value if "contact.company" in found else parts.get("company", "")
    return f"{first} {last}".strip().casefold() or str(company or "").casefold()


def _where(found: Mapping[str, Result]) -> str:
    for prefix in ("contact", "property"):
        whole = found.get(f"{prefix}.address")
        parts = (
            {name: whole.parts[part] for part, name in PARTS["contact.address"].items() if part in whole.parts}
            if whole
            else {}
        )
        values = {
            name: found[f"{prefix}.{name}"].value
            for name in ("street", "unit", "zip", "city")
            if f"{prefix}.{name}" in found
        }
        said = {name.rpartition(".")[2]: value for name, value in parts.items()} | values
        if said.get("street") and (said.get("zip") or said.get("city")):
            return "|".join(
                str(said.get(name, "")).casefold() for name in ("street", "unit", "zip" if said.get("zip") else "city")
            )
    return ""


def _duplicates(by: str, keys: array[int], numbers: array[int]) -> Duplicates:
    if not keys:
        return Duplicates(by, 0, 0, 0, 0)
    # A row that says the same phone twice is no duplicate of itself.
    pairs = np.unique(np.stack((np.frombuffer(keys, np.uint64), np.frombuffer(numbers, np.uint64)), axis=1), axis=0)
    _, starts, counts = np.unique(pairs[:, 0], return_index=True, return_counts=True)
    shared = np.flatnonzero(counts > 1)
    largest = shared[np.argsort(-counts[shared], kind="stable")][:GROUPS]
    examples = sorted(
        (tuple(int(one) for one in pairs[starts[at] : starts[at] + min(counts[at], ROWS_NAMED), 1]) for at in largest),
        key=lambda rows: (-len(rows), rows),
    )
    rows = int(counts[shared].sum())
    return Duplicates(by, len(pairs), len(shared), rows, rows - len(shared), tuple(examples))


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
