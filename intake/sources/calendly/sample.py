"""A booked tour."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from intake.sources.making import Made, iso, json_body, some_home
from intake.sources.people import Person, phone_written, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    as_written, place = written(who, rng), some_home(rng)
    event = f"https://api.calendly.com/scheduled_events/{rng.getrandbits(64):016X}"
    uri, moment = f"{event}/invitees/{rng.getrandbits(64):016X}", now.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    document = {
        "event": "invitee.created",
        "created_at": moment,
        "payload": {
            "uri": uri,
            "email": as_written.email.strip(),
            "name": as_written.name.strip(),
            "text_reminder_number": phone_written(who.phone, rng).strip(),
            "timezone": "America/Chicago",
            "status": "active",
            "event": event,
            "created_at": moment,
            "updated_at": moment,
            "questions_and_answers": [
                {"question": "Which home would you like to see?", "answer": place.address, "position": 0}
            ],
            "tracking": {"utm_campaign": "open_house", "utm_source": None},
            "scheduled_event": {"uri": event, "start_time": iso(now + timedelta(days=2))},
        },
    }
    return Made(json_body(document), (uri,), (who.number,))
