"""Secrets: stored as references or encrypted, read only when used.

A reference is `env:NAME` (environment), `file:PATH` (a mounted file, its last newline cut) or `enc:TOKEN` (encrypted
with the first of ENCRYPTION_KEYS, readable with any of them, so that keys rotate). Invariants: the plain secret is
never stored, logged, shown or put into an exception; no reference reaches a variable or file that the settings do not
set aside for secrets (SECRET_ENV_PREFIXES, SECRET_FILE_DIRS).
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


class SecretRefused(Exception):
    """The secret cannot be taken; the message says why. Nothing changed."""


def _fernet() -> MultiFernet:
    keys = list(settings.ENCRYPTION_KEYS)
    if not keys:
        digest = hashlib.sha256(b"steward secrets" + settings.SECRET_KEY.encode()).digest()
        keys = [base64.urlsafe_b64encode(digest).decode()]
    return MultiFernet([Fernet(key) for key in keys])


def seal(plain: str) -> str:
    """Encrypt a secret that somebody typed in; the result is a reference."""
    return "enc:" + _fernet().encrypt(plain.encode()).decode()


def refused(text: str) -> str:
    """Why this may not name a secret, in a sentence; "" if it may, and of a text that names none."""
    kind, _, name = text.partition(":")
    if kind in ("env", "file") and not name.isprintable():  # nor can it be shown, or looked for
        return "A name with a line break or another unprintable character is not one for secrets. Write it again."
    if kind == "env" and not name.startswith(tuple(settings.SECRET_ENV_PREFIXES)):
        allowed = " or ".join(settings.SECRET_ENV_PREFIXES)
        return (
            f"The environment variable {name} is not one for secrets: their names begin with {allowed}. Give it such "
            "a name, or have the beginning of its name added to SECRET_ENV_PREFIXES."
        )
    if kind == "file":
        path = Path(name).resolve()  # where it really lies, whatever dots and links say
        if not any(path.is_relative_to(Path(folder).resolve()) for folder in settings.SECRET_FILE_DIRS):
            allowed = " or ".join(settings.SECRET_FILE_DIRS)
            return (
                f"The file {name} is not one for secrets: they lie in {allowed}. Put it there, or have its folder "
                "added to SECRET_FILE_DIRS."
            )
    return ""


def entered(text: str) -> tuple[str, str]:
    """What to store of a secret that somebody entered or named, and what may be shown of it.

    Raises:
        SecretRefused: it is empty, or names something that is not for secrets.
    """
    if not text.strip():
        raise SecretRefused("The secret is empty. Nothing changed.")
    if reason := refused(text):
        raise SecretRefused(f"{reason} Nothing changed.")
    return (text, "") if text.startswith(("env:", "file:")) else (seal(text), last_four(text))


def last_four(plain: str) -> str:
    """What may be shown of a secret; nothing of a short one."""
    return plain[-4:] if len(plain) >= 12 else ""


def resolve(reference: str) -> str:
    """The plain secret behind a reference.

    Raises:
        SecretUnavailable: the variable, file or key is not there, or is not one for secrets.
    """
    if reason := refused(reference):
        raise SecretUnavailable(reason)
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
