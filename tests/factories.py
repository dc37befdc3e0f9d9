"""One function per model: a saved row that is valid by default. A test names only what it is about.

Invariant: related rows are made when they are not given, and every unique column counts up, so that calls never clash.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from crmsync.models import (
    Agent,
    Assignment,
    Attempt,
    Connection,
    CrmLink,
    EmailTemplate,
    Push,
    RoutingRule,
    Suppression,
)
from intake.models import (
    Contact,
    ContactPoint,
    DataAudit,
    Delivery,
    DryRun,
    FieldMapping,
    FileImport,
    Item,
    Lead,
    MappingVersion,
    OwnerOrder,
    PicklistEntry,
    Property,
    Refusal,
    Renormalization,
    Source,
    SourceSecret,
    TableFile,
    TrailStep,
)
from intake.models.owner_order import FIELDS
from intake.secrets import last_four, seal
from intake.services.keep_file import keep_file
from trail.models import Alert, AuditEntry, Heartbeat, Workflow
from trail.record import STEWARD

_numbers = itertools.count(1)
SECRET = "whsec_steward_tests_0123456789"
EARLIER = timedelta(minutes=5)


def number() -> int:
    """A number that no other row of this run has."""
    return next(_numbers)


def moment(minute: int = 0) -> datetime:
    """A fixed time, `minute` minutes after 2026-11-02 15:00 UTC."""
    return datetime(2026, 11, 2, 15, tzinfo=UTC) + timedelta(minutes=minute)


# --- People who use Steward --------------------------------------------------------------------------------------


def user(*roles: str, **fields: Any) -> User:
    """Somebody who may log into the admin, in these groups."""
    one = User.objects.create_user(**{"username": f"user{number()}", "is_staff": True, "password": "x", **fields})
    one.groups.set(Group.objects.filter(name__in=roles))
    return one


def superuser(**fields: Any) -> User:
    return user(**{"is_superuser": True, **fields})


# --- trail -------------------------------------------------------------------------------------------------------


def workflow(**fields: Any) -> Workflow:
    n = number()
    return Workflow.objects.create(
        **{"slug": f"workflow-{n}", "name": f"Workflow {n}", "purpose": "Every lead gets an answer.", **fields}
    )


def heartbeat(**fields: Any) -> Heartbeat:
    return Heartbeat.objects.create(
        **{"name": f"job {number()}", "every_seconds": 5.0, "finished_at": timezone.now(), **fields}
    )


def audit_entry(**fields: Any) -> AuditEntry:
    return AuditEntry.objects.create(
        **{"action": "thing.done", "subject_type": "intake.source", "subject_id": str(number()), **fields}
    )


def alert(**fields: Any) -> Alert:
    n = number()
    return Alert.objects.create(
        **{
            "kind": "field.new",
            "key": f"test:{n}",
            "title": f"Zillow sends a new field, f{n}",
            "advice": "Map it.",
            "subject_type": "intake.source",
            "subject_id": str(n),
            "detail": {"paths": [f"f{n}"]},
            **fields,
        }
    )


# --- intake ------------------------------------------------------------------------------------------------------


def source(**fields: Any) -> Source:
    n = number()
    return Source.objects.create(
        **{"slug": f"source-{n}", "name": f"Source {n}", "scheme": "standard_webhooks", **fields}
    )


def refusal(**fields: Any) -> Refusal:
    return Refusal.objects.create(
        **{"day": moment().date(), "source": f"source-{number()}", "code": "bad_signature", "count": 3, **fields}
    )


def source_secret(*, secret: str = SECRET, **fields: Any) -> SourceSecret:
    return SourceSecret.objects.create(
        **{
            "source": fields.get("source") or source(),
            "reference": seal(secret),
            "last_four": last_four(secret),
            "set_by": "somebody",
            **fields,
        }
    )


def mapping_version(**fields: Any) -> MappingVersion:
    return MappingVersion.objects.create(**{"source": fields.get("source") or source(), "number": number(), **fields})


def field_mapping(**fields: Any) -> FieldMapping:
    return FieldMapping.objects.create(
        **{
            "mapping": fields.get("mapping") or mapping_version(),
            "to": "contact.email",
            "first_of": ["email"],
            "normalizer": "email",
            **fields,
        }
    )


def dry_run(**fields: Any) -> DryRun:
    return DryRun.objects.create(
        **{
            "mapping": fields.get("mapping") or mapping_version(),
            "content_hash": hashlib.sha256(b"content").hexdigest(),
            "result": {"records": 0, "fields": {}, "stops": {}, "stopped": 0, "mended": 0, "rekeyed": 0},
            **fields,
        }
    )


def renormalization(**fields: Any) -> Renormalization:
    version = fields.get("mapping") or mapping_version(state="published")
    return Renormalization.objects.create(
        **{
            "mapping": version,
            "source": version.source,
            "state": Renormalization.State.COMPARED,
            "last_item": 0,
            "total": 10,
            "worked": 10,
            "differing": 4,
            "result": {"records": 10, "fields": {}, "stops": {}, "stopped": 1, "mended": 0, "rekeyed": 1},
            **fields,
        }
    )


def owner_order(**fields: Any) -> OwnerOrder:
    return OwnerOrder.objects.create(
        **{
            "field": FIELDS[number() % len(FIELDS)],
            "order": ["person", "source", "mls", "crm", "provider"],
            **fields,
        }
    )


def picklist_entry(**fields: Any) -> PicklistEntry:
    return PicklistEntry.objects.create(
        **{
            "mapping": fields.get("mapping") or mapping_version(),
            "picklist": "status",
            "source_value": f"Active {number()}",
            "our_value": "active",
            **fields,
        }
    )


def delivery(*, payload: Any = None, **fields: Any) -> Delivery:
    """A delivery whose body is `payload` as JSON (or `body` as it stands). Its state comes by an update, as it does in
    use, so that the ledger hears of a split."""
    body = fields.pop("body", None)
    if body is None:
        body = json.dumps({"email": f"lead{number()}@example.com"} if payload is None else payload).encode()
    state = fields.pop("state", Delivery.State.RECEIVED)
    one = Delivery.objects.create(
        **{
            "source": fields.get("source") or source(),
            "door_key": f"test:{number()}",
            "body": body,
            "content_type": "application/json",
            "sha256": hashlib.sha256(body).hexdigest(),
            "received_at": timezone.now(),
            **fields,
        }
    )
    if state != one.state:
        Delivery.objects.filter(pk=one.pk).update(state=state)
        one.state = state
    return one


def item(**fields: Any) -> Item:
    """A record of a delivery; of `source` when that is given."""
    its_delivery = fields.pop("delivery", None)
    if its_delivery is None:
        its_delivery = delivery(state=Delivery.State.SPLIT, source=fields.get("source") or source())
    return Item.objects.create(
        **{
            "delivery": its_delivery,
            "source": its_delivery.source,
            "position": 0,
            "record_id": f"record-{number()}",
            "content_hash": hashlib.sha256(b"content").hexdigest(),
            "received_at": its_delivery.received_at,
            "occurred_at": its_delivery.received_at,
            **fields,
        }
    )


def contact(*, email: str | None = None, phone: str | None = None, **fields: Any) -> Contact:
    """A contact with an e-mail (a new one unless given; none with "") and a phone where one is given."""
    one = Contact.objects.create(**{"first_name": "Maria", "last_name": "Alvarez", **fields})
    if email != "":
        contact_point(contact=one, value=email or f"maria{number()}@example.com", is_primary=True)
    if phone:
        contact_point(contact=one, kind="phone", value=phone, key=f"+1{phone}", is_primary=True)
    return one


def contact_point(**fields: Any) -> ContactPoint:
    """An e-mail address unless `kind` says otherwise; its key is its value unless given."""
    value = fields.pop("value", None) or f"point{number()}@example.com"
    return ContactPoint.objects.create(
        **{
            "contact": fields.get("contact") or contact(email=""),
            "kind": ContactPoint.Kind.EMAIL,
            "value": value,
            "key": value,
            **fields,
        }
    )


def property_(**fields: Any) -> Property:
    return Property.objects.create(
        **{"originating_mls": "actris", "mls_id": str(100000 + number()), "street": "1208 E 7th St", **fields}
    )


def lead(**fields: Any) -> Lead:
    """A lead with its item, source and contact."""
    its_contact = fields.pop("contact", None) or contact()
    its_item = fields.pop("item", None) or item(
        **({"source": fields["source"]} if fields.get("source") else {}),
        contact=its_contact,
        property=fields.get("property"),
        contact_revision=its_contact.revision,
    )
    return Lead.objects.create(
        **{
            "item": its_item,
            "source": its_item.source,
            "contact": its_contact,
            "kind": Lead.Kind.BUYER,
            "message": "Can I see this on Saturday?",
            "received_at": its_item.received_at,
            "occurred_at": its_item.occurred_at,
            **fields,
        }
    )


def trail_step(**fields: Any) -> TrailStep:
    return TrailStep.objects.create(
        **{"lead": fields.get("lead") or lead(), "step": TrailStep.Step.RECEIVED, "at": timezone.now(), **fields}
    )


def table_file(text: str | bytes = "Name,Email\nAnn Lee,ann@example.com\n", name: str = "leads.csv") -> TableFile:
    """An uploaded table with these bytes."""
    content = text.encode() if isinstance(text, str) else text
    return keep_file(io.BytesIO(content), name, by=STEWARD)


def file_import(text: str | bytes = "Name,Email\nAnn Lee,ann@example.com\n", **fields: Any) -> FileImport:
    """An import whose columns are still to be confirmed, into a source without a webhook."""
    return FileImport.objects.create(
        **{
            "file": fields.get("file") or table_file(text),
            "source": fields.get("source") or source(scheme="closed"),
            **fields,
        }
    )


def data_audit(**fields: Any) -> DataAudit:
    """An audit that is finished unless told otherwise, of an invented file."""
    return DataAudit.objects.create(**{"name": "export.csv", "state": DataAudit.State.DONE, "report": REPORT, **fields})


REPORT: dict[str, Any] = {
    "rows": 4,
    "misfits": 1,
    "unreachable": 1,
    "nameless": 0,
    "columns": [
        {
            "name": "Email",
            "target": "contact.email",
            "filled": 3,
            "malformed": 1,
            "distinct": 2,
            "reasons": [["This is not a complete e-mail address.", 1]],
            "top": [["a•••@example.com", 2]],
        }
    ],
    "duplicates": [
        {"by": "E-mail", "compared": 2, "groups": 1, "rows": 2, "extra": 1, "examples": [[2, 3]]},
    ],
}


# --- crmsync -----------------------------------------------------------------------------------------------------


def connection(**fields: Any) -> Connection:
    n = number()
    return Connection.objects.create(
        **{
            "slug": f"crm-{n}",
            "name": f"CRM {n}",
            "kind": Connection.Kind.HUBSPOT,
            "base_url": "http://127.0.0.1:1",
            "secret_reference": seal(SECRET),
            "secret_last_four": last_four(SECRET),
            **fields,
        }
    )


def push(**fields: Any) -> Push:
    """A waiting upsert of a contact unless told otherwise."""
    return Push.objects.create(
        **{
            "kind": Push.Kind.UPSERT_CONTACT,
            "connection": fields.get("connection") or connection(),
            "key": f"test:{number()}",
            "contact": fields.get("contact") or (fields["lead"].contact if fields.get("lead") else contact()),
            "revision": 1,
            "created_at": timezone.now() - EARLIER,
            **fields,
        }
    )


def dead_push(**fields: Any) -> Push:
    """A push that gave up: a dead letter."""
    return push(
        **{
            "state": Push.State.DEAD,
            "error_code": "crm_rejected",
            "error_message": "The CRM rejected the field e-mail. The lead is not there. Mend the value, then redrive.",
            "first_failed_at": timezone.now() - EARLIER,
            "finished_at": timezone.now(),
            "attempts": 1,
            **fields,
        }
    )


def attempt(**fields: Any) -> Attempt:
    return Attempt.objects.create(
        **{"push": fields.get("push") or push(), "number": 1, "outcome": "ok", "milliseconds": 120, **fields}
    )


def crm_link(**fields: Any) -> CrmLink:
    return CrmLink.objects.create(
        **{
            "connection": fields.get("connection") or connection(),
            "contact": fields.get("contact") or contact(),
            "object_kind": "contact",
            "remote_id": str(number()),
            "revision": 1,
            **fields,
        }
    )


def agent(**fields: Any) -> Agent:
    n = number()
    return Agent.objects.create(
        **{"slug": f"agent-{n}", "name": f"Agent {n}", "email": f"agent{n}@example.com", **fields}
    )


def routing_rule(*, agents: list[Agent] | None = None, **fields: Any) -> RoutingRule:
    n = number()
    rule = RoutingRule.objects.create(**{"slug": f"rule-{n}", "name": f"Rule {n}", **fields})
    rule.agents.set(agents if agents is not None else [agent()])
    return rule


def assignment(**fields: Any) -> Assignment:
    return Assignment.objects.create(
        **{"lead": fields.get("lead") or lead(), "agent": fields.get("agent") or agent(), **fields}
    )


def email_template(**fields: Any) -> EmailTemplate:
    return EmailTemplate.objects.create(
        **{
            "slug": f"template-{number()}",
            "purpose": EmailTemplate.Purpose.FIRST_EMAIL,
            "subject": "Thank you, {{ contact.first_name }}",
            "body": "Hello {{ contact.first_name }}, we got your message.",
            **fields,
        }
    )


def suppression(**fields: Any) -> Suppression:
    return Suppression.objects.create(
        **{"email": f"never{number()}@example.com", "reason": Suppression.Reason.UNSUBSCRIBED, **fields}
    )
