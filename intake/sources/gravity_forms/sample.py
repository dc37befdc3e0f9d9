"""A Gravity Forms entry with its numeric input ids."""

from __future__ import annotations

import random
from datetime import datetime

from intake.sources.making import Made, json_body
from intake.sources.people import Person, state_name, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    as_written, entry = written(who, rng), str(rng.getrandbits(40))
    document = {
        "id": entry,
        "form_id": "5",
        "date_created": now.strftime("%Y-%m-%d %H:%M:%S"),
        "is_read": "0",
        "ip": "192.0.2.14",
        "source_url": "https://www.example.net/sell-my-home/",
        "status": "active",
        "1.3": as_written.first,
        "1.6": as_written.last,
        "2": as_written.email,
        "3": as_written.phone,
        "4.1": who.street,
        "4.3": who.city,
        "4.4": state_name(who.state),
        "4.5": who.zip,
        "5": "Thinking of selling.",
        "6": f"${rng.randrange(200, 900)},000",
        "7.1": rng.choice(("1", "")),
    }
    return Made(json_body(document), (entry,), (who.number,))
