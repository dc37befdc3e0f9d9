"""One file being applied: what was changed, what is wrong, and the one way to write a row.

Invariant: a row that is as the file says is neither written nor audited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from config.configuration.reading import Problem
from trail.record import Actor, record

CONFIGURE = Actor(name="configure")

Row = TypeVar("Row", bound=models.Model)


@dataclass(slots=True)
class Work:
    """What applying a file did so far.

    Attributes:
        changes: one line each, for people.
        notes: what people should know though nothing is wrong, such as a secret that is not there yet.
        problems: why nothing of it may stand.
    """

    changes: list[str] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, place: str, message: str) -> None:
        """Note a problem; the file will not be applied."""
        self.problems.append(Problem(place, message))

    def note(self, place: str, message: str) -> None:
        """Note something that people should know, though it is no reason to stop."""
        self.notes.append(Problem(place, message))

    def changed(self, row: models.Model, action: str, line: str, **detail: Any) -> None:
        """Tell the trail and the reader that a row changed."""
        record(row, action, by=CONFIGURE, detail=detail)
        self.changes.append(line)

    def put(
        self,
        model: type[Row],
        key: Mapping[str, Any],
        columns: Mapping[str, Any],
        *,
        place: str,
        names: Mapping[str, str] | None = None,
    ) -> Row | None:
        """Make the row with this key have these columns.

        Args:
            model: whose row.
            key: what finds it.
            columns: what the file says of it.
            place: where in the file it stands.
            names: what the file calls a column that it calls otherwise.

        Returns:
            The saved row; None when it has a problem, which was noted.
        """
        found = model._default_manager.filter(**key).first()
        row = found or model(**key)
        different = sorted(name for name, value in columns.items() if found is None or getattr(row, name) != value)
        if found and not different:
            return row
        for name in different:
            setattr(row, name, columns[name])
        if not self._fits(row, set(columns) | set(key), place, names or {}):
            return None
        row.save()
        noun = str(model._meta.verbose_name)
        verb = "changed" if found else "created"
        said = f"{noun} {next(iter(key.values()))}: {verb}"
        self.changed(
            row,
            f"{noun.replace(' ', '_')}.{verb}",
            f"{said} ({', '.join(different)})" if found else said,
            fields=different,
        )
        return row

    def _fits(self, row: models.Model, columns: set[str], place: str, names: Mapping[str, str]) -> bool:
        """Would the database take it? What does not fit is noted, column by column."""
        relations = {one.name for one in row._meta.fields if one.is_relation}
        others = {one.name for one in row._meta.fields} - columns
        try:
            row.clean_fields(exclude=relations | others)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                for message in messages:
                    self.wrong(f"{place}.{names.get(name, name)}", _repeating_nothing(message))
            return False
        return True


def _repeating_nothing(message: str) -> str:
    """Django's sentences quote some values, always first and in typographic or plain quotes."""
    return "This is not possible here." if message[:1] in "'\"“" else message
