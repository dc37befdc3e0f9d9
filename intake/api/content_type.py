"""The Content-Type that a sender wrote, and the part of it that Django may see.

Django and DRF parse the header's parameters before any view runs: an unknown RFC 2231 charset raises there, and a
charset such as "hex" breaks the reading of the query, each a 500 for a lead that we could have stored. Invariant:
Django sees the media type and a plain boundary only; what was sent is kept beside it, for `intake.mapping.decode`.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest

_AS_SENT = "steward.content_type"
_BOUNDARY = re.compile(r"boundary\s*=\s*\"?([\w'()+,./:=? -]{1,70})", re.IGNORECASE | re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def settle_type(environ: dict[str, Any]) -> None:
    """Leave in a WSGI environment only what cannot raise, and keep what was sent."""
    sent = _CONTROL.sub("", environ.get("CONTENT_TYPE") or "")
    media_type, _, parameters = sent.partition(";")
    environ[_AS_SENT] = sent
    boundary = _BOUNDARY.search(parameters[:1000]) if "multipart/" in media_type.lower() else None
    environ["CONTENT_TYPE"] = media_type.strip()[:200] + (f'; boundary="{boundary[1].strip()}"' if boundary else "")


def sent_type(request: HttpRequest) -> str:
    """The header as the sender wrote it."""
    sent: str = request.META.get(_AS_SENT, request.META.get("CONTENT_TYPE", ""))
    return sent
