"""The street line of an address that arrives in its own field. Value: "123 N Main St"; part `unit` where one
is written.

Invariant: a line that cannot be read as number and street is kept as written, with an issue, and never
emptied.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from intake.normalize import address
from intake.normalize.casing import recase
from intake.normalize.reading import read_text
from intake.normalize.result import Context, Issue, IssueCode, Result, Severity
from intake.normalize.stable import settle

BY = "street@1"
LIMIT = 200
_CACHED = 4096


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a street line; parts number, street, unit."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    result = _parse(text)
    return replace(result, raw=raw, parts=dict(result.parts))


@lru_cache(maxsize=_CACHED)
def _parse(text: str) -> Result:
    return settle(_once, text, BY, IssueCode.UNCLEAR_ADDRESS)


def _once(text: str) -> Result:
    found, doubts = address.pieces(text)
    if doubts or not found.get("street") or found.keys() - {"number", "street", "unit"}:
        value = recase(text.strip(" ,")) or text
        return Result(value, value, {}, _key(value), (Issue(IssueCode.UNCLEAR_ADDRESS, Severity.INFO),), text, BY)
    value = " ".join(filter(None, (found.get("number"), found["street"])))
    return Result(value, value, found, _key(value), (), text, BY)


def _key(value: str) -> str:
    return "".join(letter for letter in value.casefold() if letter.isalnum())
