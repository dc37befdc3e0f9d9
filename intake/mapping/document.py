"""Reading a document that people wrote: what is usable is taken, what is wrong is named with its place.

Invariant: reading goes on after a problem, so that one look at the answer shows all of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from intake.mapping.paths import Path, PathInvalid, compile_path


class MappingInvalid(ValueError):
    """The document cannot be used. `problems` names each place in it and the fix."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{place}: {message}" for place, message in self.problems))


class DocumentReader:
    """Gathers the problems of one document; each method takes a value and its place in it."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []

    def wrong(self, place: str, message: str) -> None:
        """Note a problem: its place in the document, and a sentence with the fix."""
        self.problems.append((place, message))

    def members(self, value: object, place: str, known: Iterable[str]) -> dict[str, Any]:
        """The settings of an object; each name that is not known is a problem."""
        if value is None and place != "mapping":
            return {}
        if not isinstance(value, Mapping):
            self.wrong(place, f"Write names and values here, not {kind_of(value)}.")
            return {}
        names = tuple(known)
        for name in value:
            if name not in names:
                near = difflib.get_close_matches(str(name), names, 1)
                hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(names)}."
                named = str(name) or '""'
                self.wrong(
                    named if place == "mapping" else f"{place}.{named}",
                    f"There is no setting {str(name)!r} here. {hint}",
                )
        return {str(name): entry for name, entry in value.items()}

    def choice(self, value: object, place: str, known: Iterable[object], otherwise: Any) -> Any:
        """The value when it is one of the known ones, else `otherwise`."""
        if value in (names := tuple(known)):
            return value
        self.wrong(place, f"{value!r} is not possible here. Use one of {', '.join(map(str, names))}.")
        return otherwise

    def many(self, value: object, place: str) -> list[Any]:
        """A list; a single text is a list of one, nothing is the empty list."""
        if value is None:
            return []
        if isinstance(value, (list, tuple)):
            return list(value)
        if isinstance(value, str):
            return [value]
        self.wrong(place, f"Write a list here, not {kind_of(value)}.")
        return []

    def texts(self, value: object, place: str) -> tuple[str, ...]:
        """A list of texts; YAML's bare null is the word "null" again."""
        texts = []
        for index, entry in enumerate(self.many(value, place)):
            if isinstance(entry, (str, int, float)) or entry is None:
                texts.append("null" if entry is None else str(entry))
            else:
                self.wrong(f"{place}[{index}]", f"Write a text here, not {kind_of(entry)}.")
        return tuple(texts)

    def path(self, value: object, place: str) -> Path | None:
        """One compiled path."""
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            self.wrong(place, f"Write a path such as 'phone_number[0]' here, not {kind_of(value)}.")
            return None
        try:
            return compile_path(str(value))
        except PathInvalid as problem:
            self.wrong(place, f"{problem} Quote names that hold dots or brackets.")
            return None

    def paths(self, value: object, place: str) -> tuple[Path, ...]:
        """A list of compiled paths, or a single one."""
        entries = enumerate(self.many(value, place))
        found = (self.path(entry, f"{place}[{index}]") for index, entry in entries)
        return tuple(path for path in found if path is not None)


def kind_of(value: object) -> str:
    """The kind of a value in words, for messages."""
    names = {
        dict: "names and values",
        list: "a list",
        str: "a text",
        bool: "a yes or no",
        type(None): "nothing",
    }
    return names.get(type(value), "a number")
