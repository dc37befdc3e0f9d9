"""What a table is made of: its shape, its rows, and the names of its columns.

Invariant: the names of a shape are unique and not empty, whatever the first row holds, so that each cell has a name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

Cell: TypeAlias = str | int | float | bool | None

MAX_COLUMNS = 500
# A name is also a path of a mapping, which may be 300 characters with its quotes.
MAX_NAME = 120
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")


class TableUnreadable(Exception):
    """The file cannot be read as a table. `code` is stable; the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken as it stands: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `number` is what a spreadsheet shows beside it, from 1."""

    number: int
    cells: tuple[Cell, ...]
    problem: Problem | None = None

    @property
    def blank(self) -> bool:
        return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in self.cells)

    def document(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Row:
        """What `document` wrote."""
        problem = document["problem"]
        return cls(document["number"], tuple(document["cells"]), Problem(**problem) if problem else None)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is to be read.

    Attributes:
        format: csv or xlsx.
        columns: their names, as many as the first row has cells.
        headed: does the first row hold names? If not, the columns are called Column 1, Column 2, and so on.
        encoding, separator: of a CSV.
        sheet: the one that is read, of a workbook.
        uncalculated: its formulas have no results in the file.
        notes: what had to be guessed or left out to read it, in sentences.
    """

    format: str
    columns: tuple[str, ...]
    headed: bool = True
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    uncalculated: bool = False
    notes: tuple[str, ...] = ()

    def record(self, row: Row) -> dict[str, Cell]:
        """The row by name. Cells beyond the columns are kept too, under names of their own."""
        named: dict[str, Cell] = dict.fromkeys(self.columns, "")
        taken = frozenset(self.columns)
        for place, cell in enumerate(row.cells):
            name = self.columns[place] if place < len(self.columns) else beyond(place, taken)
            named[name] = "" if cell is None else cell
        return named

    def misfit(self, cells: Sequence[Cell]) -> Problem | None:
        """A row with more cells than there are columns: its values may stand in the wrong ones."""
        if all(cell in (None, "") for cell in cells[len(self.columns) :]):
            return None
        return Problem(
            "too_many_cells",
            f"This row has {len(cells)} cells and the file has {len(self.columns)} columns, so its values may stand in "
            "the wrong columns. Mend the row in a new file; or redrive it to take it as it stands.",
        )

    def document(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Shape:
        """What `document` wrote."""
        return cls(**{**document, "columns": tuple(document["columns"]), "notes": tuple(document["notes"])})


def named(first: Sequence[Cell]) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    """The columns' names by the first row; whether it holds names at all; and what had to be done to them.

    Raises:
        TableUnreadable: there are far too many columns.
    """
    if len(first) > MAX_COLUMNS:
        raise TableUnreadable("too_wide", f"The file has {len(first):,} columns; {MAX_COLUMNS} are the most.")
    texts = ["" if cell is None else " ".join(str(cell).split()) for cell in first]
    if any(_ADDRESS.fullmatch(text) for text in texts):
        note = "The first row holds an e-mail address, so it was read as values and not as the names of the columns."
        return tuple(f"Column {place}" for place in range(1, len(texts) + 1)), False, (note,)
    names: list[str] = []
    notes: list[str] = []
    for place, text in enumerate(texts):
        name = text[:MAX_NAME] or f"Column {place + 1}"
        unique, times = name, 1
        while unique in names:
            times += 1
            unique = f"{name} ({times})"
        if not text:
            notes.append(f"Column {place + 1} has no name; it is called {unique} here.")
        elif unique != name:
            notes.append(f"Several columns are called {name}; column {place + 1} is called {unique} here.")
        names.append(unique)
    return tuple(names), True, tuple(notes)


def beyond(place: int, taken: Set[str]) -> str:
    """A name for the cell at this place, behind the last column; none of those that are `taken`."""
    name = f"Column {place + 1}"
    while name in taken:
        name += "+"
    return name
