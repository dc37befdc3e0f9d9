"""What the makers of samples share: the bytes they answer with, and who writes about which home.

Invariant: all chance comes from the given generator.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intake.sources.people import HOMES, PEOPLE, Home, home

# One lead in four is somebody who has written before, through whichever sender: that is what a CRM drowns in.
RECURRING = 0.25
REGULARS = 50
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Made:
    """One unsigned body; record_ids and people as in Sample."""

    body: bytes
    record_ids: tuple[str, ...] = ()
    people: tuple[int, ...] = ()
    content_type: str = JSON


def somebody(rng: random.Random) -> int:
    """The number of a person, now and then one of the few who come again."""
    return rng.randrange(REGULARS) if rng.random() < RECURRING else rng.randrange(REGULARS, PEOPLE)


def some_home(rng: random.Random) -> Home:
    """Any listing."""
    return home(rng.randrange(HOMES))


def json_body(document: Any) -> bytes:
    """JSON as most senders write it: letters as they are."""
    return json.dumps(document, ensure_ascii=False).encode()


def iso(moment: datetime) -> str:
    """ISO 8601 with Z; the moment must be in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
