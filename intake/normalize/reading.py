"""Reading of a raw JSON value as text: the one gate every normalizer passes before any parsing or library.

Invariant: what leaves the gate is text without control characters, lone surrogates or doubled blanks, at
most `limit` characters long. The limit comes first because several parsers take seconds on long hostile
input.
"""

from __future__ import annotations

import math
import re
import unicodedata

from intake.normalize.result import Context, Issue, IssueCode, Result, Severity

# Control characters, lone surrogates, zero-width characters, soft hyphen, direction marks, byte order mark.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ud800-\udfff]"
)
_BLANKS = re.compile(r"\s+")
_INTEGER_LIMIT = 10**30  # longer integers are no value of ours, and turning them into text takes quadratic time


def read_text(raw: object, ctx: Context, by: str, limit: int = 300) -> str | Result:
    """Read a raw value as one line of clean text, or answer the finished Result when there is nothing to
    parse.

    A list of one scalar is that scalar, as forms and lead ads wrap single answers. Whole floats lose their
    ".0", as spreadsheets add it. `limit` is in characters.
    """
    value = raw
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        text = value
    elif value is None or (isinstance(value, (list, tuple, dict)) and not value):
        return Result(None, raw=raw, by=by)
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        return failed(raw, by, IssueCode.WRONG_TYPE)
    elif isinstance(value, float):
        if not math.isfinite(value):
            return failed(raw, by, IssueCode.NOT_A_NUMBER)
        text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else format_float(value)
    else:
        if abs(value) >= _INTEGER_LIMIT:
            return failed(raw, by, IssueCode.TOO_LONG)
        text = str(value)
    if len(text) > 4 * limit or (len(text) > limit and len(text.strip()) > limit):
        return blank_or_too_long(text, raw, by)
    text = one_line(text)
    if not text:
        return Result(None, raw=raw, by=by, issues=_invisible_only(value))
    if ctx.empty and text.casefold() in ctx.empty:
        return Result(None, raw=raw, by=by, issues=(Issue(IssueCode.COUNTED_AS_EMPTY, Severity.INFO),))
    return text


def blank_or_too_long(text: str, raw: object, by: str) -> Result:
    """The answer for text over its limit: blank stays blank, anything else is too long."""
    return failed(raw, by, IssueCode.TOO_LONG) if text.strip() else Result(None, raw=raw, by=by)


def one_line(text: str) -> str:
    """Text in composed form (NFKC), without invisible characters, with single blanks and none at the ends."""
    if text.isascii() and text.isprintable():
        return _BLANKS.sub(" ", text).strip() if "  " in text else text.strip()
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)))
    return _BLANKS.sub(" ", text).strip()


def visible(text: str) -> str:
    """Text without invisible characters, its line breaks kept."""
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", text)


def failed(raw: object, by: str, code: IssueCode, detail: str = "") -> Result:
    """A Result without a value, for the one reason given."""
    return Result(None, raw=raw, by=by, issues=(Issue(code, Severity.ERROR, detail),))


def format_float(value: float) -> str:
    """A float as plain digits, never with an exponent."""
    text = repr(value)
    return text if "e" not in text else f"{value:.12f}".rstrip("0").rstrip(".")


def _invisible_only(value: object) -> tuple[Issue, ...]:
    """Text that only held invisible characters is odd, though it reads as blank."""
    if isinstance(value, str) and value.strip():
        return (Issue(IssueCode.COUNTED_AS_EMPTY, Severity.INFO),)
    return ()
