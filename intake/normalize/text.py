"""Free text such as a lead's message. Value: the words and their paragraphs, without invisible characters.

Invariant: nothing a person wrote is reworded. Text over the limit is cut, and that is said; the raw value
is kept elsewhere.
"""

from __future__ import annotations

import re
import unicodedata

from intake.normalize.reading import read_text, visible
from intake.normalize.result import NO_PARTS, Context, Issue, IssueCode, Result

BY = "text@1"
LIMIT = 10_000  # characters; a long message has 2,000
_LINE = re.compile(r"[^\S\n]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def normalize(raw: object, ctx: Context) -> Result:
    """Clean free text of any number of lines; a list of texts becomes one line each."""
    value = raw
    if (
        isinstance(raw, (list, tuple))
        and len(raw) > 1
        and all(isinstance(part, (str, int, float)) for part in raw[:1000])
    ):
        value = "\n".join(str(part)[: LIMIT + 1] for part in raw[:1000] if part != "")
    if not isinstance(value, str) or (len(value) <= LIMIT and value.isascii() and value.isprintable()):
        text = read_text(value, ctx, BY, LIMIT)
        if isinstance(text, Result):
            return Result(None, issues=text.issues, raw=raw, by=BY)
        return Result(text, text, NO_PARTS, text.casefold(), (), raw, BY)
    cut = len(value.strip()) > LIMIT
    text = unicodedata.normalize("NFC", visible(value.strip()[:LIMIT])).replace("\r\n", "\n").replace("\r", "\n")
    lines = (_LINE.sub(" ", line).strip() for line in text.split("\n"))
    text = _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()
    if not text or text.casefold() in ctx.empty:
        issues = (Issue(IssueCode.COUNTED_AS_EMPTY),) if value.strip() else ()
        return Result(None, issues=issues, raw=raw, by=BY)
    issues = (Issue(IssueCode.CUT_TO_LENGTH),) if cut or len(text) > LIMIT else ()
    text = text[:LIMIT].rstrip()
    return Result(text, text, NO_PARTS, text.casefold(), issues, raw, BY)
