"""Ask an account whether it answers, and keep what it said."""

from __future__ import annotations

from crmsync.crms.base import Checked
from trail.record import Actor


def check(connection_id: int, *, by: Actor) -> Checked:
    """Test one connection by a call that reads only."""
    raise NotImplementedError
