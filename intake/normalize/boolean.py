"""Yes and no, as forms, sheets and people write them. Value: True or False; anything else is neither."""

from __future__ import annotations

from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, IssueCode, Result

BY = "boolean@1"
LIMIT = 40
YES = frozenset(
    {
        "true",
        "t",
        "yes",
        "y",
        "1",
        "on",
        "x",
        "checked",
        "agree",
        "agreed",
        "accepted",
        "opt-in",
        "opted in",
        "si",
    }
)
NO = frozenset({"false", "f", "no", "n", "0", "off", "unchecked", "declined", "opt-out", "opted out", "never"})


def normalize(raw: object, ctx: Context) -> Result:
    """Read a yes or no."""
    if isinstance(raw, bool):
        return _answer(raw, raw)
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    word = text.casefold().rstrip(".!")
    if word in YES:
        return _answer(True, raw)
    return _answer(False, raw) if word in NO else failed(raw, BY, IssueCode.NOT_A_BOOLEAN)


def _answer(value: bool, raw: object) -> Result:
    return Result(value, "Yes" if value else "No", NO_PARTS, str(value).lower(), (), raw, BY)
