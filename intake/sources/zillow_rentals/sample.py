"""A Zillow Rentals enquiry: a form without an id."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from urllib.parse import urlencode

from intake.sources.making import FORM, Made, some_home
from intake.sources.people import Person, written


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    as_written, place = written(who, rng), some_home(rng)
    fields = {
        "listingId": f"{rng.getrandbits(60):012x}",
        "name": as_written.name,
        "email": as_written.email,
        "phone": as_written.phone,
        "movingDate": (now + timedelta(days=rng.randrange(7, 90))).strftime("%Y-%m-%d"),
        "message": rng.choice(("Is it still available?", "Are pets allowed?", "What are the utilities per month?")),
        "numBedroomsSought": str(place.beds),
        "numBathroomsSought": "",
        "listingStreet": place.street,
        "listingUnit": place.unit,
        "listingCity": place.city,
        "listingState": place.state,
        "listingPostalCode": place.zip,
        "listingContactEmail": "rentals@example.org",
        "leadType": rng.choice(("question", "tourRequest", "applicationRequest")),
        "providerModelId": "",
        "moveInTimeframe": rng.choice(("lessThanOneMonth", "oneToTwoMonths")),
        "introduction": "",
        "petDetailsJson": "",
    }
    return Made(urlencode(fields).encode(), (), (who.number,), FORM)
