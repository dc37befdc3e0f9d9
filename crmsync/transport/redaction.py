"""Takes secrets out of text before it is kept. Pure.

Invariant: what leaves here holds none of the secrets, in any of the spellings a request or an answer may
give them. The text is cut after the redaction, never before: half a secret at the edge would not be
recognized.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "[secret]"
CUT = "... [cut]"


class Redactor:
    """Replaces every one of `secrets` by a mask.

    Args:
        secrets: values that must not be kept. A header value such as ``Bearer abc`` counts as a whole and by
        its
            credential; of ``Basic ...`` also the name and password inside.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings: set[str] = set()
        for secret in secrets:
            for part in _parts(secret):
                spellings |= _spellings(part)
        longest_first = sorted(spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.I) if longest_first else None

    def __call__(self, text: str, limit: int | None = None) -> str:
        """Return `text` without secrets, at most `limit` characters of it (and a mark where it was cut)."""
        if self._pattern is not None:
            text = self._pattern.sub(MASK, text)
        if limit is not None and len(text) > limit:
            return text[:limit] + CUT
        return text


def _parts(secret: str) -> set[str]:
    parts = {secret.strip()}
    scheme, _, credential = secret.strip().partition(" ")
    if scheme.lower() in ("bearer", "basic", "token"):
        parts = {credential.strip()}
        if scheme.lower() == "basic":
            try:
                name, _, password = base64.b64decode(credential, validate=True).decode().partition(":")
            except ValueError:  # not Basic after all: the credential itself is redacted
                pass
            else:
                parts |= {name, password}
    return parts - {""}


def _spellings(secret: str) -> set[str]:
    """The secret as plain text, in a URL, in a form, and inside JSON with or without escaped letters."""
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
    }
