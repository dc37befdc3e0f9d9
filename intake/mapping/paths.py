"""Paths into a payload: `a.b`, `[0]`, `[-1]`, `[*]`, `[key=value]`, `"quoted.key"`.

Invariant: a path only walks; it runs no code and changes nothing. Each value is reported with the concrete
path it was found at, so that every stored value can show its place in the payload.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

LIMIT = 300  # characters of a path
STEPS = 30
FOUND_LIMIT = 1000  # values one path may yield; a hostile payload cannot make a wildcard explode

_TOKEN = re.compile(
    r"""(?P<dot>\.)?(?:
        "(?P<double>(?:[^"\\]|\\.)*)" | '(?P<single>[^']*)' | (?P<key>[^.\[\]"'\s=*][^.\[\]"'=*]*)
      | (?P<bracket>\[)\s*(?: (?P<star>\*) | (?P<index>-?\d{1,6}) | "(?P<quoted>(?:[^"\\]|\\.)*)"
               | (?P<name>[^\]="'*]+?)\s*=\s*(?P<equals>"[^"]*"|'[^']*'|[^\]]*?) )\s*\]
    )""",
    re.VERBOSE,
)
_BARE = re.compile(r"[^.\[\]\"'\s=*]+(?: [^.\[\]\"'\s=*]+)*")


class PathInvalid(ValueError):
    """The text is no path; the message says where it stops being one."""


@dataclass(frozen=True, slots=True)
class Key:
    """The member of an object by its name; digits also find the member of a list."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """The nth member of a list, from the end when negative."""

    at: int


@dataclass(frozen=True, slots=True)
class Every:
    """Every member of a list, or of an object."""


@dataclass(frozen=True, slots=True)
class Where:
    """The members of a list whose field reads as the given text."""

    name: str
    equals: str


Step = Key | Index | Every | Where
Found = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path.

    `template` is its tuple of keys with list positions folded to "*", as used for drift.
    """

    text: str
    steps: tuple[Step, ...]
    template: tuple[str, ...]
    plain: tuple[str, ...] | None
    shown: str

    def read(self, record: object) -> list[Found]:
        """Every value found, with its concrete path. Missing keys and other types yield nothing."""
        if self.plain is not None:
            value = record
            for name in self.plain:
                if type(value) is not dict or name not in value:
                    return self._walk(record)
                value = value[name]
            return [(self.shown, value)]
        return self._walk(record)

    def _walk(self, record: object) -> list[Found]:
        found: list[tuple[tuple[str | int, ...], Any]] = [((), record)]
        for step in self.steps:
            found = [(trail + (name,), value) for trail, current in found for name, value in _members(step, current)][
                :FOUND_LIMIT
            ]
            if not found:
                return []
        return [(show(trail), value) for trail, value in found]

    def first(self, record: object) -> Any:
        """The first value found, or None."""
        found = self.read(record)
        return found[0][1] if found else None


def _members(step: Step, current: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(step, Key):
        if isinstance(current, dict):
            if step.name in current:
                yield step.name, current[step.name]
        elif isinstance(current, list) and step.name.isdecimal() and len(step.name) < 7:
            yield from _members(Index(int(step.name)), current)
    elif isinstance(step, Index):
        if isinstance(current, list) and -len(current) <= step.at < len(current):
            yield step.at % len(current), current[step.at]
        elif not isinstance(current, (list, dict)) and current is not None and step.at == 0:
            yield 0, current  # a single answer where a list was expected is its own first member
    elif isinstance(step, Every):
        if isinstance(current, list):
            yield from enumerate(current)
        elif isinstance(current, dict):
            yield from current.items()
    elif isinstance(current, list):
        for position, member in enumerate(current):
            if isinstance(member, dict) and _text(member.get(step.name)) == step.equals:
                yield position, member


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) and len(str(value)[:LIMIT]) < LIMIT else None


def show(trail: tuple[str | int, ...]) -> str:
    """A concrete trail as a path that reads the same place."""
    text = ""
    for name in trail:
        if isinstance(name, int):
            text += f"[{name}]"
        elif name == "*":
            text += "[*]"
        else:
            written = name if _BARE.fullmatch(name) else _quoted(name)
            text += f".{written}" if text else written
    return text


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Path:
    """Compile a path. Raises PathInvalid with a sentence that says what to change."""
    if not text or not text.strip():
        raise PathInvalid("The path is empty; write the name of a field.")
    if len(text) > LIMIT:
        raise PathInvalid(f"The path is longer than {LIMIT} characters.")
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        # A name follows a dot unless it comes first; a bracket never does.
        if match is None or bool(match["dot"]) is not (at > 0 and not match["bracket"]):
            raise PathInvalid(f"The path stops making sense at character {at + 1}: {text[at : at + 20]!r}.")
        steps.append(_step(match))
        at = match.end()
    if len(steps) > STEPS:
        raise PathInvalid(f"The path has more than {STEPS} steps.")
    names = tuple(step.name for step in steps if isinstance(step, Key))
    template = tuple(step.name if isinstance(step, Key) else "*" for step in steps)
    plain = names if len(names) == len(steps) else None
    return Path(text, tuple(steps), template, plain, show(names) if plain else "")


_MAKERS: dict[str, Callable[[str], Step]] = {
    "double": lambda text: Key(_unescaped(text)),
    "single": Key,
    "key": lambda text: Key(text.rstrip()),
    "star": lambda _: Every(),
    "index": lambda text: Index(int(text)),
    "quoted": lambda text: Key(_unescaped(text)),
}


def _step(match: re.Match[str]) -> Step:
    if match["name"] is not None:
        wanted = match["equals"]
        if len(wanted) > 1 and wanted[0] == wanted[-1] and wanted[0] in "\"'":
            wanted = wanted[1:-1]
        return Where(match["name"].strip(), wanted)
    group = next(name for name in _MAKERS if match[name] is not None)
    return _MAKERS[group](match[group])


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def leaves(record: object, limit: int = 2000) -> dict[tuple[str, ...], Any]:
    """The leaf templates of a record (list positions folded to "*") with one sample value each, in document
    order.

    An empty list or object is a leaf. At most `limit` leaves are visited; no recursion, so depth cannot
    hurt.
    """
    found: dict[tuple[str, ...], Any] = {}
    stack: list[tuple[tuple[str, ...], Any]] = [((), record)]
    visited = 0
    while stack and visited < limit:
        trail, value = stack.pop()
        visited += 1
        if isinstance(value, dict) and value and len(trail) < STEPS:
            stack.extend(((*trail, str(name)), member) for name, member in reversed(value.items()))
        elif isinstance(value, list) and value and len(trail) < STEPS:
            stack.extend(((*trail, "*"), member) for member in reversed(value[:limit]))
        else:
            found.setdefault(trail, value)
    return found
