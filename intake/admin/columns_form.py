"""The form in which the columns of a file get their fields, and the preview beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from intake.admin.values import label
from intake.models import Source
from intake.normalize.result import Severity
from intake.records import LISTS, TARGETS, WHOLES
from intake.services.map_file import Column, Previewed
from trail.admin import Cell
from trail.admin.wording import exact

_WHY = {
    "mapping": "the source's mapping says so",
    "name": "by its name",
    "content": "by what stands in it",
    "": "not recognized",
}
_EXAMPLE = 60  # characters
_DOUBT = 160
_PLACES = {target: place for place, target in enumerate(TARGETS)}


class ColumnsForm(forms.Form):
    """One choice for each column, called `column-<place>`."""

    def __init__(self, data: Any, *, columns: Sequence[Column], kind: str) -> None:
        super().__init__(data)
        self.columns = columns
        choices = [("", "Do not import"), *_choices(kind)]
        for place, column in enumerate(columns):
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=column.name,
                choices=choices,
                required=False,
                initial=column.target,
                widget=UnfoldAdminSelectWidget(attrs={"aria-label": f"Field for the column {column.name}"}),
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        times = Counter(target for target in data.values() if target and target not in LISTS)
        for target, number in times.items():
            if number > 1:
                self.add_error(None, f"{label(target)} is filled by {number} columns. Choose one of them.")
        return data

    def targets(self) -> dict[str, str]:
        """Per column its field, as it was sent; what is wrong or not sent is as it was proposed."""
        sent = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return {column.name: sent.get(f"column-{place}", column.target) for place, column in enumerate(self.columns)}

    def rows(self) -> list[dict[str, Any]]:
        """What the page shows of each column."""
        return [
            {
                "name": column.name,
                "example": str(column.example)[:_EXAMPLE],
                "field": self[f"column-{place}"],
                "target": label(column.target) if column.target else "Not imported",
                "why": _WHY[column.why],
            }
            for place, column in enumerate(self.columns)
        ]


def previewed(shown: Sequence[Previewed]) -> dict[str, Any]:
    """The preview as its template wants it: the fields that any row fills, and the rows."""
    filled = dict.fromkeys(target for one in shown for target in one.values)
    # In the order of our fields; of a name or an address its parts are shown, which are what is kept.
    targets = sorted((target for target in filled if target not in WHOLES), key=_place)
    good = sum(not one.problems for one in shown)
    return {
        "preview_heads": [label(target) for target in targets],
        "preview": [
            {
                "number": one.row.number,
                "good": not one.problems,
                "problems": one.problems,
                "cells": [(label(target), _cell(one, target)) for target in targets],
            }
            for one in shown
        ],
        "preview_good": good,
        "preview_bad": len(shown) - good,
    }


def _place(target: str) -> tuple[int, str]:
    return _PLACES[target.partition("[")[0]], target


def _cell(one: Previewed, target: str) -> Cell:
    value = one.values.get(target)
    if value is None:
        return Cell()
    doubts = [issue.sentence for issue in value.issues if issue.severity is not Severity.INFO]
    if value.value is None:
        return Cell("unusable", tone="wait", small=f"{value.raw}: {' '.join(doubts)}"[:_DOUBT])
    text = {True: "Yes", False: "No"}[value.value] if isinstance(value.value, bool) else value.value
    if TARGETS[target.partition("[")[0]] == "datetime":
        text = exact(datetime.fromisoformat(str(text)))
    return Cell(text, small=" ".join(doubts)[:_DOUBT])


def _choices(kind: str) -> list[tuple[str, list[tuple[str, str]]]]:
    records = ("contact", "lead", "property") if kind == Source.Kind.LEAD else ("property", "contact")
    return [
        (record.capitalize(), [(target, label(target)) for target in TARGETS if target.startswith(f"{record}.")])
        for record in records
    ]
