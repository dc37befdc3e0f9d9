"""City names in their own field. Value: trimmed, case set where it carries none."""

from __future__ import annotations

from intake.normalize.casing import recase
from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, IssueCode, Result

BY = "city@1"
LIMIT = 100


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a city's name."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    text = text.strip(" ,.;")
    if not any(letter.isalpha() for letter in text):
        return failed(raw, BY, IssueCode.NOT_A_NAME)
    value = recase(text)
    return Result(
        value,
        value,
        NO_PARTS,
        "".join(letter for letter in value.casefold() if letter.isalnum()),
        (),
        raw,
        BY,
    )
