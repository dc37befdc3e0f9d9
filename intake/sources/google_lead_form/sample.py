"""A Google lead form; the key is put in by the scheme."""

from __future__ import annotations

import random
from datetime import datetime

from intake.sources.making import Made, json_body
from intake.sources.people import Person, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    as_written, lead_id = written(who, rng), f"g{rng.getrandbits(160):040x}"
    columns = [
        ("Full Name", as_written.name, "FULL_NAME"),
        ("User Email", as_written.email, "EMAIL"),
        ("User Phone", f"+1{who.phone}", "PHONE_NUMBER"),
        ("Postal Code", who.zip, "POSTAL_CODE"),
    ]
    document = {
        "lead_id": lead_id,
        "user_column_data": [
            {"column_name": label, "string_value": value, "column_id": column} for label, value, column in columns
        ],
        "api_version": "1.0",
        "form_id": 40_000_000_000,
        "campaign_id": 123_456_700 + rng.randrange(5),
        "is_test": False,
        "gcl_id": f"Cj0K{rng.getrandbits(64):x}",
        "adgroup_id": 20_000_000_000,
        "creative_id": 30_000_000_000,
    }
    return Made(json_body(document), (lead_id,), (who.number,))
