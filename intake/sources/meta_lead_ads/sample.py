"""A batch of one to three leads, as Meta bundles what happens at once."""

from __future__ import annotations

import random
from datetime import datetime

from intake.sources.making import Made, json_body, somebody
from intake.sources.people import Person, person, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    persons = [who, *(person(somebody(rng)) for _ in range(rng.choice((0, 0, 0, 1, 2))))]
    persons = list({one.number: one for one in persons}.values())
    ids = [str(444_000_000_000_000 + rng.getrandbits(48)) for _ in persons]
    moment = int(now.timestamp())
    changes = []
    for one, lead_id in zip(persons, ids, strict=True):
        as_written = written(one, rng)
        answers = {
            "full_name": as_written.name,
            "email": as_written.email,
            "phone_number": as_written.phone,
            "i_want_to": rng.choice(("buy", "sell", "rent")),
            "budget": rng.choice(("$300k - $400k", "450,000", "$1.2M")),
        }
        value = {
            "leadgen_id": lead_id,
            "page_id": "101010101010101",
            "form_id": "202020202020202",
            "adgroup_id": "303030303030303",
            "ad_id": "303030303030303",
            "created_time": moment,
            "field_data": [{"name": name, "values": [answer]} for name, answer in answers.items()],
        }
        changes.append({"field": "leadgen", "value": value})
    document = {"object": "page", "entry": [{"id": "101010101010101", "time": moment, "changes": changes}]}
    return Made(json_body(document), tuple(ids), tuple(one.number for one in persons))
