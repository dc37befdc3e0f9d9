"""US ZIP codes. Value: five digits as text. Parts: `zip4` where written.

Invariant: leading zeros that a spreadsheet ate are put back, and that is said.
"""

from __future__ import annotations

import re

from intake.normalize.reading import failed, read_text
from intake.normalize.result import Context, Issue, IssueCode, Result, Severity

BY = "zip@1"
LIMIT = 40
_ZIP = re.compile(r"(?:US[- ]|[A-Za-z]{2}\s)?(\d{3,5})(?:[-\s]*(\d{4}))?(?:\.0+)?")
_NOTHING = frozenset({"00000", "99999"})


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a ZIP or ZIP+4 code."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    bare = text.replace("–", "-").replace("—", "-").rstrip("- ")
    if re.fullmatch(r"\d{8,9}", bare):
        first, second = bare[:-4], bare[-4:]
    elif match := _ZIP.fullmatch(bare):
        first, second = match[1], match[2] or ""
        if len(first) + len(second) in (6, 7) and "-" not in bare and " " not in bare:
            return failed(raw, BY, IssueCode.NOT_A_ZIP)
    else:
        return failed(raw, BY, IssueCode.NOT_A_ZIP)
    value = first.zfill(5)
    if value in _NOTHING:
        return failed(raw, BY, IssueCode.PLACEHOLDER)
    issues = (Issue(IssueCode.ZERO_PADDED, Severity.INFO),) if len(first) < 5 else ()
    parts = {"zip4": second} if second and second != "0000" else {}
    display = f"{value}-{second}" if parts else value
    return Result(value, display, parts, value, issues, raw, BY)
