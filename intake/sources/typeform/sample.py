"""A Typeform response."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from intake.sources.making import Made, iso, json_body
from intake.sources.people import Person, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    as_written, token = written(who, rng), f"{rng.getrandbits(128):032x}"
    answers: list[tuple[str, str, Any]] = [
        ("full_name", "text", as_written.name),
        ("email", "email", as_written.email.strip()),
        ("phone", "phone_number", f"+1{who.phone}"),
        ("goal", "choice", {"label": rng.choice(("Buy a home", "Sell my home", "Rent a home"))}),
        ("budget", "number", rng.randrange(200, 900) * 1000),
        ("may_we_text", "boolean", rng.random() < 0.5),
    ]
    document = {
        "event_id": f"01{rng.getrandbits(110):024X}",
        "event_type": "form_response",
        "form_response": {
            "form_id": "lT4Z3j",
            "token": token,
            "landed_at": iso(now - timedelta(minutes=2)),
            "submitted_at": iso(now),
            "hidden": {"utm_source": "newsletter", "utm_campaign": rng.choice(("fall_buyers", "spring"))},
            "answers": [
                {"type": kind, kind: value, "field": {"id": f"f{place}", "type": kind, "ref": ref}}
                for place, (ref, kind, value) in enumerate(answers)
            ],
        },
    }
    return Made(json_body(document), (token,), (who.number,))
