"""A mailbox that keeps its letters as files: the embedded default, where nothing may leave the house."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from crmsync.crms.base import Checked
from crmsync.transport.errors import Transient

_PLAIN = re.compile(r"[^A-Za-z0-9.@_-]")


class FilesMailbox:
    """Writes one .eml per Message-ID, whole or not at all; the same letter again is the same file.

    Args:
        folder: made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _no_room() from error

    def send(self, message_id: str, sender: str, recipient: str, content: bytes) -> str:
        path = self._folder / file_name(message_id)
        written = path.with_suffix(f".{os.getpid()}.part")
        try:
            written.write_bytes(content)
            written.replace(path)
        except OSError as error:
            raise _no_room() from error
        return f"Written to {path.name}"

    def close(self) -> None:
        """There is nothing open."""

    def check(self) -> Checked:
        self.open()
        probe = self._folder / f".check-{os.getpid()}"
        try:
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise _no_room() from error
        return Checked(True, ("Letters are kept as files; none is sent.",))


def file_name(message_id: str) -> str:
    """The file of a letter; never leads out of the folder, and two ids never share one."""
    digest = hashlib.sha256(message_id.encode()).hexdigest()[:12]
    return f"{_PLAIN.sub('_', message_id.strip('<>'))[:100].lstrip('.')}-{digest}.eml"


def _no_room() -> Transient:
    return Transient("mail_folder", "The mail folder could not be written. The letter is written again later.")
