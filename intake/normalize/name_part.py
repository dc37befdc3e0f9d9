"""One piece of a name that arrives in its own field: a first, middle or last name, a suffix, a nickname.

Invariant: the piece is not taken apart, only trimmed and its case set where it carries none.
"""

from __future__ import annotations

from intake.normalize.casing import recase
from intake.normalize.reading import failed, read_text
from intake.normalize.result import Context, IssueCode, Result

BY = "name_part@1"
LIMIT = 100
_NOTHING = frozenset(
    {"n/a", "na", "none", "null", "unknown", "-", "undefined", "first name", "last name", "not provided"}
)


def normalize(raw: object, ctx: Context) -> Result:
    """Clean one piece of a name; the key is its letters and digits without case."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    text = text.strip(" ,;")
    if text.casefold() in _NOTHING:
        return failed(raw, BY, IssueCode.PLACEHOLDER)
    if "@" in text or not any(letter.isalpha() for letter in text):
        return failed(raw, BY, IssueCode.NOT_A_NAME)
    value = recase(text, family=True)
    return Result(value, value, {}, "".join(letter for letter in value.casefold() if letter.isalnum()), (), raw, BY)
