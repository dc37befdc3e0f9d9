"""A multipart form with the answers as JSON inside."""

from __future__ import annotations

import json
import random
from datetime import datetime

from intake.sources.making import Made
from intake.sources.people import Person, state_name, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    as_written, submission = written(who, rng), str(6_000_000_000_000_000_000 + rng.getrandbits(58))
    raw = {
        "slug": "submit/243210000000001",
        "q3_name": {"first": as_written.first, "last": as_written.last},
        "q4_email": as_written.email,
        "q5_phoneNumber": {"full": as_written.phone},
        "q6_address": {
            "addr_line1": who.street,
            "addr_line2": "",
            "city": who.city,
            "state": state_name(who.state),
            "postal": who.zip,
        },
        "q7_message": "Two flats, free soon.",
    }
    fields = {
        "formID": "243210000000001",
        "submissionID": submission,
        "formTitle": "List my rental",
        "rawRequest": json.dumps(raw),
        "type": "WEB",
    }
    boundary = f"------------------------{rng.getrandbits(64):016x}"
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return Made(
        f"{parts}--{boundary}--\r\n".encode(),
        (submission,),
        (who.number,),
        f"multipart/form-data; boundary={boundary}",
    )
