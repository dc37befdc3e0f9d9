"""Latitudes and longitudes in decimal degrees, six places kept (about 0.1 m)."""

from __future__ import annotations

import re
from functools import partial

from intake.normalize.reading import failed, format_float, read_text
from intake.normalize.result import NO_PARTS, Context, IssueCode, Result

LIMIT = 40
BOUNDS = {"latitude": (90.0, "NS"), "longitude": (180.0, "EW")}
_DEGREES = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,20})?)\s*°?\s*([NSEW])?", re.IGNORECASE)


def _normalize(raw: object, ctx: Context, *, kind: str) -> Result:
    """Read one coordinate; a letter N, S, E or W may stand behind it."""
    by = f"{kind}@1"
    text = read_text(raw, ctx, by, LIMIT)
    if isinstance(text, Result):
        return text
    bound, letters = BOUNDS[kind]
    match = _DEGREES.fullmatch(text.replace("−", "-"))
    if match is None or (match[2] and match[2].upper() not in letters):
        return failed(raw, by, IssueCode.NOT_A_COORDINATE)
    value = round(float(match[1]), 6) + 0.0  # + 0.0 turns -0.0 into 0.0
    if match[2] and match[2].upper() in "SW":
        value = -abs(value) + 0.0
    if not -bound <= value <= bound:
        return failed(raw, by, IssueCode.OUT_OF_RANGE)
    display = format_float(value)
    return Result(value, display, NO_PARTS, display, (), raw, by)


latitude = partial(_normalize, kind="latitude")
longitude = partial(_normalize, kind="longitude")
