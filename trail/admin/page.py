"""What a record's page is made of: panels of facts, tables and texts, drawn by templates/admin/steward/.

Invariant: a panel holds plain values; the templates escape every one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from trail.admin.wording import age, exact


@dataclass(frozen=True, slots=True)
class Cell:
    """One value with what is said of it.

    Attributes:
        text: the value; None and "" show as a dash.
        small: a second line: where it comes from.
        href: where it leads.
        tone: good, busy, wait, bad or quiet; "" is plain text.
        code: is `small` (or a text without one) something of the machine: a path, an id?
        when: a time, shown as an age with the exact time on hover.
    """

    text: object = ""
    small: str = ""
    href: str = ""
    tone: str = ""
    code: bool = False
    when: datetime | None = None

    @property
    def exact(self) -> str:
        return exact(self.when) if self.when else ""

    @property
    def aged(self) -> str:
        return age(self.when, timezone.now()) if self.when else ""

    @property
    def blank(self) -> bool:
        return self.when is None and (self.text is None or self.text == "")


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    title: str
    rows: Sequence[tuple[str, Cell]]
    note: str = ""
    template: str = "admin/steward/panel_facts.html"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; `empty` is said when there are none. `numbers` are the columns that align right."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "Nothing here yet."
    note: str = ""
    numbers: Sequence[int] = ()
    template: str = "admin/steward/panel_table.html"

    @property
    def headed(self) -> list[list[tuple[str, Cell, bool]]]:
        """Each cell with its head, which stands before it where the screen is too narrow for columns, and whether it
        is a number."""
        return [
            [
                (head, cell, place in self.numbers)
                for place, (head, cell) in enumerate(zip(self.heads, row, strict=True))
            ]
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Text:
    """A longer text as it stands: a payload, a message."""

    title: str
    text: str
    note: str = ""
    template: str = "admin/steward/panel_text.html"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and what was answered, side by side."""

    title: str
    asked: str
    answered: str
    tone: str = ""
    note: str = ""
    template: str = "admin/steward/panel_exchange.html"


Panel = Facts | Table | Text | Exchange
