"""A Webflow form submission."""

from __future__ import annotations

import random
from datetime import datetime

from intake.sources.making import Made, json_body, some_home
from intake.sources.people import Person, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    as_written, place, submission = written(who, rng), some_home(rng), f"{rng.getrandbits(96):024x}"
    document = {
        "triggerType": "form_submission",
        "payload": {
            "name": "What is my home worth",
            "siteId": "65427cf400e02b306eaa049c",
            "data": {
                "Full Name": as_written.name,
                "Email": as_written.email,
                "Phone": as_written.phone,
                "Home Address": place.address,
                "Message": "We may move next spring.",
            },
            "submittedAt": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "id": submission,
            "formId": "65429eadebe8a9f3a30f62d0",
        },
    }
    return Made(json_body(document), (submission,), (who.number,))
