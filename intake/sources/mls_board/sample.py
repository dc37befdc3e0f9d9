"""One to three changed listings. Nobody asks here: the contact is the listing's agent, phone in 7 digits."""

from __future__ import annotations

import random
from datetime import datetime

from intake.sources.making import Made, json_body
from intake.sources.people import HOMES, Person, agent, home


def make(who: Person, rng: random.Random, now: datetime) -> Made:
    listings = []
    for number in rng.sample(range(HOMES), rng.choice((1, 1, 2, 3))):
        place = home(number)
        lister = agent(place.agent)
        listing = {
            "ListingId": place.mls_id,
            "OriginatingSystemName": "Example MLS",
            "ListPrice": place.price - rng.randrange(4) * 5_000,
            "ListingStatus": rng.choice(
                ("Active", "Active Under Contract", "ActiveUnderContract", "Pending", "Closed")
            ),
            "PropertyType": "Residential",
            "StreetAddress": place.street,
            "UnitNumber": place.unit,
            "City": place.city,
            "StateOrProvince": place.state,
            "PostalCode": place.zip,
            "BedroomsTotal": place.beds,
            "BathroomsTotalDecimal": place.baths,
            "LivingArea": place.sqft,
            "YearBuilt": place.year_built,
            # Several changes of one home within a second stay apart.
            "ModificationTimestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{rng.randrange(1000):03d}Z",
            "ContactName": f"{lister.first} {lister.last}",
            "ContactPhone": f"{lister.phone[3:6]}-{lister.phone[6:]}",
            "ContactEmail": rng.choice((lister.email, f" {lister.email.upper()} ")),
        }
        listings.append(listing)
    return Made(json_body(listings), tuple(str(one["ListingId"]) for one in listings))
