"""Holding a parser to the law that cleaning a clean value changes nothing.

Invariant: `settle` only returns a Result whose value the same reading maps to itself, so idempotence does
not rest on how a library treats its own output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from intake.normalize.reading import failed
from intake.normalize.result import IssueCode, Result

_ROUNDS = 4  # values settle in one round, rarely two; what still moves after four would move for ever


def settle(once: Callable[[str], Result], text: str, by: str, otherwise: IssueCode) -> Result:
    """Read `text`, then read its own value until it stands still; parts and issues stay those of the first
    reading.

    When the value changes while settling, the parts are those of the settled reading. A value that never
    settles is refused with the issue `otherwise`.
    """
    first = result = once(text)
    for _ in range(_ROUNDS):
        if result.value is None:
            return replace(result, raw=text, issues=first.issues or result.issues)
        again = once(result.value)
        if again.value == result.value:
            return replace(result, raw=text, issues=first.issues)
        result = again
    return failed(text, by, otherwise)


def still(once: Callable[[str], str], text: str) -> str:
    """Rewrite `text` until it stands still; a text that never does is left as it was."""
    written = text
    for _ in range(_ROUNDS):
        again = once(written)
        if again == written:
            return written
        written = again
    return text
