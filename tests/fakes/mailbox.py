"""A mailbox in memory: remembers whom it wrote to, and fails by script."""

from __future__ import annotations

from collections.abc import Callable


class FakeMailbox:
    """What left stands in `sent`, by recipient. `errors` are raised by the next letters."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.errors: list[BaseException] = []
        self.leaves_anyway = False
        self.on_open: Callable[[], None] | None = None
        self.on_send: Callable[[str], None] | None = None

    def open(self) -> None:
        if self.on_open is not None:
            self.on_open()

    def close(self) -> None: ...

    def send(self, message_id: str, sender: str, recipient: str, content: bytes) -> str:
        if self.on_send is not None:
            self.on_send(recipient)
        if self.errors:
            error = self.errors.pop(0)
            if self.leaves_anyway:
                self.sent.append(recipient)
            raise error
        self.sent.append(recipient)
        return "250 queued"
