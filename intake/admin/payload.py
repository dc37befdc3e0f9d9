"""A payload as people may see it: secrets never, personal details only with `intake.view_payload`.

Invariant: what is shown is text that a template escapes; whatever the bytes are, something is shown and nothing fails.
"""

from __future__ import annotations

import json
from typing import Any

from intake.mapping.decode import Unreadable, decode
from intake.mapping.secret_names import HIDDEN, is_secret_name

_LONGEST = 100_000  # characters; more than that nobody reads in a page


def masked(value: Any, *, everything: bool = False) -> Any:
    """The same tree with secrets hidden; with `everything`, all values hidden and only the shape kept."""
    if isinstance(value, dict):
        return {
            str(name): HIDDEN if is_secret_name(str(name)) else masked(entry, everything=everything)
            for name, entry in value.items()
        }
    if isinstance(value, list):
        return [masked(entry, everything=everything) for entry in value]
    return HIDDEN if everything and value not in (None, "") else value


def pretty(body: bytes, content_type: str, *, open_values: bool) -> tuple[str, str]:
    """The payload as text, and a note on what was done to it.

    Args:
        body: the raw bytes.
        content_type: as it was sent.
        open_values: may this person see the values?
    """
    note = "" if open_values else "Values are hidden. To see them you need the permission to view payloads."
    try:
        tree = decode(body, content_type)
    except Unreadable as error:
        if not open_values:
            return f"{len(body):,} bytes that cannot be read: {error}", note
        return body[:_LONGEST].decode("utf-8", "replace"), f"As it came; it cannot be read: {error}"
    text = json.dumps(masked(tree, everything=not open_values), indent=2, ensure_ascii=False)
    if len(text) > _LONGEST:
        text, note = text[:_LONGEST], f"{note} Only the first {_LONGEST:,} characters are shown.".strip()
    return text, note
