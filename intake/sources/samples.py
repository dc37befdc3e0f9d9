"""Deliveries as each known sender would send them, made of invented people: for samples, benches and tests.

Invariant: everything follows from the given random generator and the given time, so the same seed gives the
same bytes. Bodies are unsigned: the sender's scheme signs them (and puts the key into a body that carries
one).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from intake.sources.calendly import sample as calendly
from intake.sources.google_lead_form import sample as google_lead_form
from intake.sources.gravity_forms import sample as gravity_forms
from intake.sources.jotform import sample as jotform
from intake.sources.lead_portal import sample as lead_portal
from intake.sources.making import Made, somebody
from intake.sources.meta_lead_ads import sample as meta_lead_ads
from intake.sources.mls_board import sample as mls_board
from intake.sources.people import Person, person
from intake.sources.typeform import sample as typeform
from intake.sources.webflow import sample as webflow
from intake.sources.website import sample as website
from intake.sources.zillow_rentals import sample as zillow_rentals


@dataclass(frozen=True, slots=True)
class Sample:
    """One delivery, ready to sign. event_id: the delivery's own id, for schemes that carry one. record_ids:
    the ids of the records in it as the preset's identity reads them; empty where the sender sends none.
    people: the numbers of the persons in it, in the order of the records (agents of the board are not among
    them)."""

    body: bytes
    content_type: str
    event_id: str
    record_ids: tuple[str, ...]
    people: tuple[int, ...]


class UnknownSample(LookupError):
    """There is no maker of samples for that sender."""


def names() -> tuple[str, ...]:
    """The senders there are samples for."""
    return tuple(_MAKERS)


def sample(source: str, rng: random.Random, now: datetime, *, who: int | None = None) -> Sample:
    """One delivery of a sender.

    Args:
        source: a sender's folder name.
        rng: where all chance comes from; a generator in the same state gives the same sample.
        now: aware; the moment the records were made, to the second.
        who: the number of the (first) person, 0 to PEOPLE - 1; by default now and then somebody who comes
            again.

    Raises:
        UnknownSample: the message lists the senders there are.
    """
    try:
        make = _MAKERS[source]
    except KeyError:
        raise UnknownSample(f"There are no samples of '{source}'. There are: {', '.join(_MAKERS)}.") from None
    event_id = f"evt_{rng.getrandbits(96):024x}"
    first = person(somebody(rng) if who is None else who)
    made = make(first, rng, now.astimezone(UTC).replace(microsecond=0))
    return Sample(made.body, made.content_type, event_id, made.record_ids, made.people)


_MAKERS: Mapping[str, Callable[[Person, random.Random, datetime], Made]] = {
    "zillow_rentals": zillow_rentals.make,
    "google_lead_form": google_lead_form.make,
    "meta_lead_ads": meta_lead_ads.make,
    "typeform": typeform.make,
    "webflow": webflow.make,
    "gravity_forms": gravity_forms.make,
    "website": website.make,
    "mls_board": mls_board.make,
    "lead_portal": lead_portal.make,
    "calendly": calendly.make,
    "jotform": jotform.make,
}
