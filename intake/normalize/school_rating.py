"""Ratings of schools: "8/10", "8 out of 10", "A-". Value: "8/10" or the grade.

Invariant: a number without its scale is kept as written and never taken for a share of ten.
"""

from __future__ import annotations

import re
from decimal import Decimal

from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, IssueCode, Result

BY = "school_rating@1"
LIMIT = 60
_OF = re.compile(r"(\d{1,3}(?:\.\d)?)\s*(?:/|of|out of)\s*(\d{1,3})", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,3}(?:\.\d)?")
_GRADE = re.compile(r"[A-F][+-]?", re.IGNORECASE)


def normalize(raw: object, ctx: Context) -> Result:
    """Read a rating; parts `rating` and `scale` where both are written."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    text = text.strip(" .()")
    if match := _OF.fullmatch(text):
        rating, scale = Decimal(match[1]), int(match[2])
        if not 0 < scale <= 100 or rating > scale:
            return failed(raw, BY, IssueCode.OUT_OF_RANGE)
        value = f"{match[1].removesuffix('.0')}/{scale}"
        return Result(value, value, {"rating": float(rating), "scale": scale}, value, (), raw, BY)
    if _GRADE.fullmatch(text) or _NUMBER.fullmatch(text):
        value = text.upper().removesuffix(".0")
        return Result(value, value, NO_PARTS, value, (), raw, BY)
    return failed(raw, BY, IssueCode.NOT_A_NUMBER)
