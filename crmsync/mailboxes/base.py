"""What every mailbox can be asked.

Adapters raise only `crmsync.transport.errors`. The line they draw is the moment at which the letter's bytes have left
us: before it a failure is certain and Transient (or Permanent, Misconfigured), after it the outcome is Ambiguous unless
the other side said what it is.
"""

from __future__ import annotations

from typing import Protocol

from crmsync.crms.base import Checked


class Mailbox(Protocol):
    """One account that e-mails go out by. Used by one thread."""

    def open(self) -> None:
        """Be ready to send; does nothing when it is. Nothing leaves us yet."""

    def send(self, message_id: str, sender: str, recipient: str, content: bytes) -> str:
        """Send one letter; returns the other side's answer, for the attempt."""

    def close(self) -> None:
        """Let go of the connection. Never raises."""

    def check(self) -> Checked:
        """Try whether letters could be sent, without sending one."""
