"""A mail server that keeps what it gets: `python -m tests.chaos.sink PORT FILE [HANG_UP]`.

One JSON line per accepted e-mail, on disk before the answer. For a share of them (HANG_UP, 0 to 1) the line breaks
right after that, so that the sender cannot know.
"""

from __future__ import annotations

import email
import json
import os
import random
import signal
import sys
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class Keeper:
    """Writes down each e-mail."""

    def __init__(self, file: Path, hang_up: float) -> None:
        self._book = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._hang_up = hang_up
        self._dice = random.Random(7)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=default)
        seen = {
            "to": envelope.rcpt_tos,
            "message_id": str(message["Message-ID"] or ""),
            "subject": str(message["Subject"] or ""),
        }
        os.write(self._book, json.dumps(seen).encode() + b"\n")
        if self._dice.random() < self._hang_up:
            server.transport.abort()
        return "250 kept"


def read(file: Path) -> list[dict[str, Any]]:
    """Every e-mail so far."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


if __name__ == "__main__":
    port, file, *rest = sys.argv[1:]
    controller = Controller(
        Keeper(Path(file), float(rest[0]) if rest else 0.0), hostname="127.0.0.1", port=int(port), data_size_limit=0
    )
    controller.start()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()
