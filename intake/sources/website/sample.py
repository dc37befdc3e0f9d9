"""A lead from the team's own website."""

from __future__ import annotations

import random
from datetime import datetime

from intake.sources.making import Made, iso, json_body, some_home
from intake.sources.people import Person, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    as_written, place, lead_id = written(who, rng), some_home(rng), f"web-{rng.getrandbits(64):016x}"
    document = {
        "type": "lead.created",
        "timestamp": iso(now),
        "data": {
            "lead_id": lead_id,
            "submitted_at": iso(now),
            "test": False,
            "first_name": as_written.first,
            "last_name": as_written.last,
            "email": as_written.email,
            "phone": as_written.phone,
            "language": "en",
            "consent": {"email": True, "sms": rng.random() < 0.5, "call": True},
            "listing": {
                "mls": "Example MLS",
                "mls_id": place.mls_id,
                "url": f"https://www.example.com/homes/{place.mls_id}",
            },
            "request": rng.choice(("info", "tour", "sell", "valuation")),
            "message": "Please call in the evening.",
            "budget": f"${place.price:,}",
            "utm_campaign": "spring",
        },
    }
    return Made(json_body(document), (lead_id,), (who.number,))
