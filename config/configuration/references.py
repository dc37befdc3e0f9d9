"""How a secret that was typed into the admin is written into a file: by the name of a variable that must be set.

Invariant: an encrypted secret never leaves the database, and a file that was exported here does not undo it.
"""

from __future__ import annotations

import re

_ENCRYPTED = "enc:"


def shown(reference: str, *place: str) -> str:
    """The reference as it may stand in a file.

    Args:
        reference: as stored; an encrypted one becomes the name of a variable.
        place: what the secret belongs to, such as "source", its slug, and the key's id.
    """
    if not reference.startswith(_ENCRYPTED):
        return reference
    return "env:STEWARD_" + re.sub(r"[^A-Z0-9]+", "_", "_".join(place).upper()).strip("_")


def says_the_same(stored: str, written: str, *place: str) -> bool:
    """Does the file ask for what is stored already?"""
    return stored == written or (typed_in(stored) and shown(stored, *place) == written)


def typed_in(stored: str) -> bool:
    """Was this secret typed in by a person? No file undoes that, except by naming another secret in its place."""
    return stored.startswith(_ENCRYPTED)
