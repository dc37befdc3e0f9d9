"""Enter a lead by hand: it becomes a delivery like any other, brought by the person who typed it.

Invariant: nothing is stored that could not become a lead; the same form sent twice is one lead.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.db import transaction

from intake.dictionaries import published
from intake.mapping.decode import decode
from intake.mapping.engine import split
from intake.mapping.spec import MappingSpec
from intake.models import Delivery, MappingVersion, Source
from intake.models.delivery import BROUGHT_BY
from intake.services.absorb import understand
from intake.services.open_file_source import NO_WEBHOOK
from intake.services.process import LEASE, process_claimed
from intake.services.publish_document import publish_document
from intake.services.receive import receive
from trail.leases import claim, database_now
from trail.record import STEWARD, Actor, record

MANUAL_SLUG = "manual_entry"
_TYPE = "application/json"
_FIELDS = (
    "contact.first_name contact.last_name contact.email contact.phone contact.company contact.street contact.unit "
    "contact.city contact.state contact.zip contact.preferred_contact contact.language contact.consent_email "
    "contact.consent_sms contact.consent_call lead.kind lead.message lead.budget lead.timeframe lead.financing "
    "lead.source_detail property.mls_id property.address"
)
# The mapping of the source "Manual entry": each field under its own name.
MANUAL_MAPPING: dict[str, Any] = {
    "decode": "json",
    "kind": "lead",
    "fields": [{"to": target, "first_of": [target]} for target in _FIELDS.split()],
}


class CannotBeALead(Exception):
    """What was typed cannot become a lead. `problems` are the reasons in words; nothing was stored."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems))


def mapping_for(source: Source | None) -> MappingSpec | None:
    """The mapping by which a lead of this source is typed in; of none, that of the source "Manual entry".

    Returns:
        None when the source has no published mapping.
    """
    if source is None:
        source = Source.objects.filter(slug=MANUAL_SLUG).first()
    if source is None:
        return MappingSpec.parse(MANUAL_MAPPING)
    found = published([source.pk]).get(source.pk)
    return found[1] if found else None


def enter_lead(payload: Any, source: Source | None, *, token: str, by: Actor) -> Delivery:
    """Take a lead that somebody typed in.

    Args:
        payload: as the source's mapping reads it (intake/typed_lead.py).
        source: whose lead it is; with None, "Manual entry", which is made when there is none.
        token: of the form; sending it again finds the first one.
        by: who typed it.

    Returns:
        Its delivery, processed unless a worker is just doing that.

    Raises:
        CannotBeALead: it lacks what a lead needs.
    """
    spec = mapping_for(source)
    if spec is None:
        raise CannotBeALead(["This source has no published mapping. Publish one, or choose another source."])
    body = orjson.dumps(payload)
    problems = _problems(body, spec)
    if problems:
        raise CannotBeALead(problems)
    source = source or _manual_source()
    received = receive(
        source,
        body,
        content_type=_TYPE,
        headers={BROUGHT_BY: by.name},
        event_id=f"typed:{token}",
        via=Delivery.Via.MANUAL,
    )
    ours = Delivery.objects.filter(public_id=received.public_id, state=Delivery.State.RECEIVED, source__state="active")
    # Somebody sits before the screen: done at once, unless the bell was faster.
    process_claimed(claim(ours.select_related("source"), limit=1, lease=LEASE, now=database_now()))
    return Delivery.objects.get(public_id=received.public_id)


def _problems(body: bytes, spec: MappingSpec) -> list[str]:
    raw = split(decode(body, _TYPE, spec.decode), spec)
    return understand(Delivery(), raw[0], MappingVersion(), spec).problems if raw else ["Nothing was typed."]


def _manual_source() -> Source:
    with transaction.atomic():
        source, new = Source.objects.get_or_create(
            slug=MANUAL_SLUG, defaults={"name": "Manual entry", "scheme": NO_WEBHOOK}
        )
        if new:
            record(source, "source.added", by=STEWARD, detail={"scheme": NO_WEBHOOK})
        if not source.mappings.filter(state=MappingVersion.State.PUBLISHED).exists():
            publish_document(source, MANUAL_MAPPING, by=STEWARD, reason="The form for leads that people type in.")
    return source
