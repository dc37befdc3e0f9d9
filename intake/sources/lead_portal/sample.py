"""A portal's enquiry about a listing."""

from __future__ import annotations

import random
from datetime import datetime

from intake.sources.making import Made, iso, json_body, some_home
from intake.sources.people import Person, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    as_written, place, reference = written(who, rng), some_home(rng), f"LP-{rng.getrandbits(48)}"
    document = {
        "lead_ref": reference,
        "inquiry_time": iso(now),
        "inquiry_type": rng.choice(("info", "showing", "home_value")),
        "consumer_name": as_written.name,
        "email": as_written.email,
        "phone": f"{who.phone[:3]}.{who.phone[3:6]}.{who.phone[6:]}",
        "comments": "Is it still available?",
        "MLSNumber": rng.choice((place.mls_id, place.mls_id.lower())),
        "current_price": f"${place.price:,}",
        "property_status": rng.choice(("For Sale", "Contingent", "Sale Pending")),
        "property_address": place.address,
        "beds": f"{place.beds} bd",
        "baths": str(place.baths),
        "sq_ft": f"{place.sqft:,} sq ft",
    }
    return Made(json_body(document), (reference,), (who.number,))
