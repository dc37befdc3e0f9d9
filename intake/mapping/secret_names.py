"""Which members of a payload prove something rather than say something, and are shown to nobody."""

from __future__ import annotations

import re

HIDDEN = "••••"
# Names of members that prove something: Google's key in the body, tokens in a form.
_SECRET_NAME = re.compile(
    r"(google_key|secret|token|password|passwd|api[_-]?key|signature|authorization|handshake)", re.IGNORECASE
)


def is_secret_name(name: str) -> bool:
    """Is a member of this name kept from every screen?"""
    return bool(_SECRET_NAME.search(name))
