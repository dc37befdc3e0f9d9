"""Parcel numbers (APN) of a county's assessor. Value: as written, upper case. Key: letters and digits only, behind the
county where the source has one.

Invariant: leading zeros stay. Each county has its own format, and a key is only comparable inside one county.
"""

from __future__ import annotations

import re

from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, IssueCode, Result

BY = "parcel@1"
LIMIT = 80
_LABEL = re.compile(r"^(?:(?:APN|PIN|PARCEL(?:\s*(?:ID|NO\.?|NUMBER))?)\s*[#:]+\s*|[#:]\s*)+", re.IGNORECASE)


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a parcel number."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    value = _LABEL.sub("", text).strip(" #:").upper()
    key = "".join(letter for letter in value if letter.isalnum())
    if not key:
        return failed(raw, BY, IssueCode.NOT_AN_ID)
    if len(key) > 3 and len(set(key)) == 1:
        return failed(raw, BY, IssueCode.PLACEHOLDER)
    county = "".join(letter for letter in ctx.county.casefold() if letter.isalnum())
    return Result(value, value, NO_PARTS, f"{county}:{key}" if county else key, (), raw, BY)
