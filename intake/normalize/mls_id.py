"""Listing numbers of an MLS. Value: trimmed, upper case, without a label. Key: letters and digits only.

Invariant: leading zeros and inner punctuation belong to the number and stay in the value.
"""

from __future__ import annotations

import re

from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, IssueCode, Result

BY = "mls_id@1"
LIMIT = 80
_LABEL = re.compile(
    r"^(?:MLS\s*(?:®|\(R\))?\s*(?:ID|NO\.?|NUMBER|NUM)?\s*[#:]+\s*|MLS\s+(?:ID|NO\.?|NUMBER)\s+|[#:]\s*)+",
    re.IGNORECASE,
)
_NOTHING = frozenset({"NA", "NONE", "NULL", "TBD", "UNKNOWN", "0", "PENDING", "TEST"})


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a listing number."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    value = _LABEL.sub("", text).strip(" #:").upper()
    key = "".join(letter for letter in value if letter.isalnum())
    if not key:
        return failed(raw, BY, IssueCode.NOT_AN_ID)
    if key in _NOTHING:
        return failed(raw, BY, IssueCode.PLACEHOLDER)
    return Result(value, value, NO_PARTS, key, (), raw, BY)
