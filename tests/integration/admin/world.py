"""A small office in which every screen has something to show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from crmsync.models import Connection, Push
from intake.models import Delivery, FileImport, Item, Lead, MappingVersion, Source, TrailStep
from tests import factories as make
from trail.models import Workflow

PAYLOAD = {
    "name": "MARIA ALVAREZ",
    "email": "Maria.Alvarez@Example.com",
    "phone": "(512) 555-0142",
    "zpid": 29384756,
    "google_key": "key-that-nobody-may-see",
}
DOCUMENT_RULES = (
    ("contact.name", ["name"], "name"),
    ("contact.email", ["email"], "email"),
    ("contact.phone", ["phone"], "phone"),
)


@dataclass(frozen=True)
class World:
    """The rows that tests name."""

    workflow: Workflow
    source: Source
    published: MappingVersion
    retired: MappingVersion
    draft: MappingVersion
    lead: Lead
    dead_delivery: Delivery
    dead_item: Item
    connection: Connection
    mailbox: Connection
    dead_push: Push
    unknown_push: Push
    waiting_push: Push
    draft_import: FileImport


def mapping(source: Source, number: int, state: str) -> MappingVersion:
    """A version with the three rules that read PAYLOAD."""
    version = make.mapping_version(source=source, number=number, state=state, created_by="dana")
    for position, (to, paths, normalizer) in enumerate(DOCUMENT_RULES):
        make.field_mapping(mapping=version, position=position, to=to, first_of=paths, normalizer=normalizer)
    return version


def build() -> World:
    """Make it: two leads' worth of rows, one of each kind of trouble."""
    now = timezone.now()
    workflow = make.workflow(name="Answer every lead", slug="answer")
    source = make.source(name="Zillow Rentals", slug="zillow", workflow=workflow)
    make.source_secret(source=source, key_id="2026-11", set_by="dana")
    retired = mapping(source, 1, "retired")
    published = mapping(source, 2, "published")
    draft = mapping(source, 3, "draft")
    make.picklist_entry(mapping=published)
    make.owner_order()
    make.renormalization(
        mapping=published,
        samples={"contact.email": {"changed": [{"record": "r/0", "old": "maria.alvarez@example.com", "new": ""}]}},
        result={
            "records": 10,
            "fields": {"contact.email": {"unchanged": 6, "changed": 4}},
            "stops": {"contact": 1},
            "stopped": 1,
            "mended": 0,
            "rekeyed": 1,
        },
    )
    make.dry_run(
        mapping=draft,
        base=published,
        result={
            "records": 200,
            "fields": {"contact.email": {"unchanged": 190, "changed": 4, "gained": 3, "lost": 1, "fails": 2}},
            "stops": {"contact": 2},
            "stopped": 2,
            "mended": 1,
            "rekeyed": 4,
        },
        samples={
            "contact.email": {"changed": [{"record": "r/0", "old": "maria.alvarez@example.com", "new": ""}]},
            "keys": {"changed": [{"record": "r/0", "old": "email:a@example.com", "new": "email:b@example.com"}]},
        },
    )

    home = make.property_(mls_id="7712345", price=489000, status="active", city="Austin", state="TX", zip="78702")
    person = make.contact(email="maria.alvarez@example.com", phone="5125550142")
    delivery = make.delivery(source=source, payload=PAYLOAD, state="split", key_id="2026-11")
    item = make.item(
        delivery=delivery,
        state=Item.State.DEAD_LETTER,
        mapping=published,
        contact=person,
        property=home,
        contact_revision=1,
        error_code="crm_rejected",
        values={
            "contact.email": {
                "value": "maria.alvarez@example.com",
                "raw": PAYLOAD["email"],
                "path": "email",
                "by": "email@1",
            },
            "contact.phone": {"value": "5125550142", "raw": PAYLOAD["phone"], "path": "phone", "by": "phone@1"},
        },
        unmapped=["zpid"],
    )
    lead = make.lead(item=item, contact=person, property=home)
    agent = make.agent(name="Priya Patel", slug="priya")
    make.routing_rule(name="Austin buyers", agents=[agent], zips=["787"])
    make.assignment(lead=lead, agent=agent)
    start = now - timedelta(minutes=9)
    make.trail_step(
        lead=lead, step=TrailStep.Step.RECEIVED, at=start, proof={"delivery": str(delivery.public_id), "via": "webhook"}
    )
    make.trail_step(
        lead=lead,
        step=TrailStep.Step.NORMALIZED,
        at=start + timedelta(seconds=0.4),
        proof={"mapping": "zillow v2", "fields": 3, "unmapped": 1},
    )

    hubspot = make.connection(name="HubSpot", slug="hubspot")
    mailbox = make.connection(name="Mail files", slug="mail", kind=Connection.Kind.MAIL_FILES)
    dead_push = make.dead_push(connection=hubspot, contact=person, attempts=5)
    for number, outcome in ((1, "retry"), (2, "dead")):
        make.attempt(
            push=dead_push,
            number=number,
            outcome=outcome,
            error_code="crm_rejected",
            error_message="The CRM rejected the field e-mail.",
            exchanges=[
                {
                    "method": "POST",
                    "path": "/crm/v3/objects/contacts",
                    "request": json.dumps({"properties": {"email": "maria.alvarez@example.com"}}),
                    "status": 400,
                    "response": json.dumps({"message": "Property values were not valid"}),
                    "milliseconds": 120,
                }
            ],
        )
    unknown_push = make.push(
        kind=Push.Kind.EMAIL,
        connection=mailbox,
        lead=lead,
        state=Push.State.UNKNOWN,
        error_code="outcome_unknown",
        error_message="The mail server did not say whether it took the e-mail.",
    )
    waiting_push = make.push(kind=Push.Kind.TASK, connection=hubspot, lead=lead)
    dead_delivery = make.delivery(
        source=source, body=b"<not json", state="dead", error_code="unreadable", error_message="The body is no JSON."
    )
    dead_item = make.item(
        source=source,
        state=Item.State.DEAD_LETTER,
        mapping=published,
        error_code="invalid",
        problems=["A contact needs an e-mail or a phone; this record has neither."],
    )
    make.email_template(slug="tour-request")
    make.suppression()
    make.refusal()
    make.user("Reviewer", username="rita")
    draft_import = make.file_import(source=make.source(name="Old CRM", slug="old-crm", scheme="closed"))
    make.data_audit()
    make.heartbeat(name="sweep deliveries")
    make.heartbeat(name="sweep pushes", finished_at=now - timedelta(hours=1))
    make.alert(subject_id=str(source.pk), page="admin:intake_source_mapping", query="?path=zpid")
    make.audit_entry(action="source.changed", actor_kind="person", actor="dana", detail={"name": ["a", "b"]})
    return World(
        workflow,
        source,
        published,
        retired,
        draft,
        lead,
        dead_delivery,
        dead_item,
        hubspot,
        mailbox,
        dead_push,
        unknown_push,
        waiting_push,
        draft_import,
    )
