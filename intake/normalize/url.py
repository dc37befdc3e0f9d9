"""Web addresses.

Value: http or https with a host; other schemes are refused, because pages show these as links.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from intake.normalize.reading import failed, read_text
from intake.normalize.result import NO_PARTS, Context, IssueCode, Result

BY = "url@1"
LIMIT = 2000
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")
_PORT = re.compile(r"[^/?#]*:\d{1,5}(?:[/?#]|\Z)")


def normalize(raw: object, ctx: Context) -> Result:
    """Clean a web address; https is put in front where no scheme is written."""
    text = read_text(raw, ctx, BY, LIMIT)
    if isinstance(text, Result):
        return text
    if text.startswith("//"):
        text = "https:" + text
    elif not _SCHEME.match(text) or ("://" not in text and _PORT.match(text)):
        text = "https://" + text
    try:
        pieces = urlsplit(text)
        host, port = (pieces.hostname or "").lower(), pieces.port
    except ValueError:
        return failed(raw, BY, IssueCode.NOT_A_URL)
    if (
        pieces.scheme.lower() not in ("http", "https")
        or not _HOST.fullmatch(host)
        or " " in text
        or pieces.username is not None
    ):
        return failed(raw, BY, IssueCode.NOT_A_URL)
    value = urlunsplit(
        (
            pieces.scheme.lower(),
            f"{host}:{port}" if port is not None else host,
            pieces.path,
            pieces.query,
            pieces.fragment,
        )
    )
    key = f"{host.removeprefix('www.')}{pieces.path.rstrip('/')}" + (f"?{pieces.query}" if pieces.query else "")
    return Result(value, value, NO_PARTS, key, (), raw, BY)
