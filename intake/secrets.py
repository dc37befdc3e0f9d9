"""Secrets: stored as references or encrypted, read only when used.

A reference is `env:NAME` (environment), `file:PATH` (a mounted file, its last newline cut) or `enc:TOKEN` (encrypted
with the first of ENCRYPTION_KEYS, readable with any of them, so that keys rotate). Invariant: the plain secret is
never stored, logged, shown or put into an exception.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SecretUnavailable(Exception):
    """The reference cannot be resolved here; the message names the reference, never a value."""


def _fernet() -> MultiFernet:
    keys = list(settings.ENCRYPTION_KEYS)
    if not keys:
        digest = hashlib.sha256(b"steward secrets" + settings.SECRET_KEY.encode()).digest()
        keys = [base64.urlsafe_b64encode(digest).decode()]
    return MultiFernet([Fernet(key) for key in keys])


def seal(plain: str) -> str:
    """Encrypt a secret that somebody typed in; the result is a reference."""
    return "enc:" + _fernet().encrypt(plain.encode()).decode()


def is_reference(text: str) -> bool:
    """Does this text name a secret instead of being one?"""
    return text.startswith(("env:", "file:", "enc:"))


def last_four(plain: str) -> str:
    """What may be shown of a secret; nothing of a short one."""
    return plain[-4:] if len(plain) >= 12 else ""


def resolve(reference: str) -> str:
    """The plain secret behind a reference.

    Raises:
        SecretUnavailable: the variable, file or key is not there.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name)
        if value:
            return value
        raise SecretUnavailable(f"The environment variable {name} is not set.")
    if kind == "file":
        try:
            return Path(name).read_text().removesuffix("\n")
        except OSError as error:
            raise SecretUnavailable(f"The secret file {name} cannot be read.") from error
    if kind == "enc":
        try:
            return _fernet().decrypt(name.encode()).decode()
        except InvalidToken as error:
            raise SecretUnavailable("The stored secret was encrypted with a key that is not here.") from error
    raise SecretUnavailable("The secret must be given as env:NAME, file:PATH or be set in the admin.")
