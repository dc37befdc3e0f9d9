"""Which adapter sends for which kind of mailbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from crmsync.mailboxes.base import Mailbox
from crmsync.mailboxes.files import FilesMailbox
from crmsync.mailboxes.smtp import SmtpMailbox

ADAPTERS: Mapping[str, Callable[[str, str, Mapping[str, Any], Path], Mailbox]] = {
    "smtp": lambda address, password, options, folder: SmtpMailbox(address, password, options),
    "mail_files": lambda address, password, options, folder: FilesMailbox(folder),
}


def mailbox(kind_name: str, *, address: str, password: str, options: Mapping[str, Any], folder: Path) -> Mailbox:
    """Return one account to send by; cheap, it connects when it is opened.

    Args:
        kind_name: a key of `ADAPTERS`.
        folder: where letters are kept by the kind that keeps them.

    Raises:
        Misconfigured: address or options cannot be used.
        KeyError: no such kind.
    """
    return ADAPTERS[kind_name](address, password, options, folder)
