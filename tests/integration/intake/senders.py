"""Sources with a published dictionary, and short ways to let them send and be processed."""

from __future__ import annotations

import json
from typing import Any

from intake.models import Delivery, MappingVersion, Source
from intake.services import process
from intake.services.dry_run import dry_run
from intake.services.publish_mapping import fill, new_draft, publish
from intake.services.receive import receive
from tests import factories
from trail.record import STEWARD

WEBSITE: dict[str, Any] = {
    "decode": "json",
    "identity": {"record_id": ["id"], "version": ["version"], "occurred_at": ["at"], "is_test": ["is_test"]},
    "context": {"area_code": "312"},
    "fields": [
        {"to": "contact.name", "first_of": ["name"], "normalizer": "name"},
        {"to": "contact.email", "first_of": ["email"], "normalizer": "email"},
        {"to": "contact.phone", "first_of": ["phone"], "normalizer": "phone"},
        {"to": "property.mls_id", "first_of": ["mls"], "normalizer": "mls_id"},
        {"to": "property.price", "first_of": ["price"], "normalizer": "price"},
        {"to": "lead.message", "first_of": ["message"], "normalizer": "text"},
    ],
}
MLS: dict[str, Any] = {
    "decode": "json",
    "identity": {
        "record_id": ["ListingId"],
        "version": ["ModificationTimestamp"],
        "occurred_at": ["ModificationTimestamp"],
    },
    "fields": [
        {"to": "property.mls_id", "first_of": ["ListingId"], "normalizer": "mls_id", "required": True},
        {"to": "property.price", "first_of": ["ListPrice"], "normalizer": "price"},
        {
            "to": "property.status",
            "first_of": ["ListingStatus"],
            "normalizer": "picklist",
            "picklist": "listing_status",
        },
    ],
    "picklists": {"listing_status": {"Active": "active", "Under Contract": "pending"}},
}


def sender(document: dict[str, Any] = WEBSITE, **fields: Any) -> Source:
    """A source whose dictionary is this document, published."""
    source = factories.source(**fields)
    publish_document(source, document)
    return source


def publish_document(source: Source, document: dict[str, Any]) -> MappingVersion:
    """Let a source have this dictionary from now on."""
    draft = draft_of(source, document)
    dry_run(draft.pk, by=STEWARD)
    return publish(draft.pk, by=STEWARD, reason="A test says so.")


def draft_of(source: Source, document: dict[str, Any]) -> MappingVersion:
    """A draft with the rules of this document."""
    draft = new_draft(source, by=STEWARD)
    fill(draft, document)
    return draft


def send(source: Source, *records: dict[str, Any], event_id: str = "") -> Delivery:
    """One delivery with these records, received but not yet processed."""
    body = json.dumps(records[0] if len(records) == 1 else list(records)).encode()
    received = receive(source, body, content_type="application/json", event_id=event_id)
    return Delivery.objects.get(public_id=received.public_id)


def send_and_process(source: Source, *records: dict[str, Any], event_id: str = "") -> Delivery:
    """One delivery with these records, processed."""
    delivery = send(source, *records, event_id=event_id)
    process.drain()
    delivery.refresh_from_db()
    return delivery
