"""A point on the map in one field: "30.2672, -97.7431". Value: "30.2672,-97.7431"; parts latitude, longitude,
precision.

Invariant: both coordinates are in range, and a point that is likely none (0, 0) or rough says so.
"""

from __future__ import annotations

import re

from intake.normalize import coordinate
from intake.normalize.reading import failed, format_float, read_text
from intake.normalize.result import Context, Issue, IssueCode, Result

BY = "geocode@1"
LIMIT = 100
ROUGH_DECIMALS = 3  # three decimals of a degree are about 100 m, a block; with fewer it is no longer one home
_BETWEEN = re.compile(r"\s*[,;/]\s*|\s+(?=[-+\d])")


def normalize(raw: object, ctx: Context) -> Result:
    """Read latitude and longitude from a text, a list of two numbers, or an object with both.

    precision: decimals that both coordinates have.
    """
    value = raw
    if isinstance(value, dict):
        value = [
            next((value[name] for name in names if name in value), None)
            for names in (("latitude", "lat"), ("longitude", "lng", "lon"))
        ]
    if isinstance(value, (list, tuple)) and len(value) == 2:
        pair = [coordinate.latitude(value[0], ctx), coordinate.longitude(value[1], ctx)]
    else:
        text = read_text(value, ctx, BY, LIMIT)
        if isinstance(text, Result):
            return Result(None, issues=text.issues, raw=raw, by=BY)
        words = _BETWEEN.split(text.strip("() "))
        if len(words) != 2:
            return failed(raw, BY, IssueCode.NOT_A_COORDINATE)
        pair = [coordinate.latitude(words[0], ctx), coordinate.longitude(words[1], ctx)]
    if any(half.value is None for half in pair):
        codes = [issue.code for half in pair for issue in half.issues]
        return failed(raw, BY, codes[0] if codes else IssueCode.NOT_A_COORDINATE)
    latitude, longitude = (half.value for half in pair)
    if latitude == longitude == 0:
        return failed(raw, BY, IssueCode.PLACEHOLDER)
    precision = max(len(format_float(number).partition(".")[2].rstrip("0")) for number in (latitude, longitude))
    issues = (Issue(IssueCode.ROUGH_LOCATION),) if precision < ROUGH_DECIMALS else ()
    found = f"{pair[0].display},{pair[1].display}"
    parts = {"latitude": latitude, "longitude": longitude, "precision": precision}
    return Result(found, found.replace(",", ", "), parts, found, issues, raw, BY)
