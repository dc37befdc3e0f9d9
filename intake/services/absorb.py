"""Take records in: compare identities, resolve people and properties, make leads, write trail and audit.

Invariant: runs inside its caller's transaction, and takes the locks on all identities and match keys first, in one
sorted order. After it, each record is exactly one item, or a repeat of one that was there.
"""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from intake.locks import lock_keys
from intake.mapping.engine import Mapped, MappedValue, RawItem, apply, output_hash
from intake.mapping.spec import MappingSpec
from intake.models import Contact, Delivery, Item, Lead, MappingVersion, Property, TrailStep
from intake.records import CleanRecord, LeadRecord, PropertyRecord, build
from intake.recurrence import Recurrence, Seen, compare
from intake.services.merge_values import Provenance
from intake.services.resolve import Resolver, match_keys
from trail.inserting import insert
from trail.models import AuditEntry
from trail.record import STEWARD, Actor, entry, write
from trail.transitions import LostRace, Move, apply_moves


@dataclass(slots=True)
class Incoming:
    """One record on its way in.

    Attributes:
        record: what validation made of it; None when there are problems.
        problems: every reason why it cannot be used, in words.
        item: its row, when it is redriven; None when it comes for the first time.
    """

    delivery: Delivery
    raw: RawItem
    version: MappingVersion
    mapped: Mapped
    record: CleanRecord | None
    problems: list[str]
    item: Item | None = None
    state: str = ""
    kept_version: str = ""
    contact: Contact | None = None
    property: Property | None = None

    @builtins.property
    def occurred_at(self) -> datetime:
        """When it happened; nothing happens after it was received."""
        received = self.delivery.received_at
        return min(self.raw.occurred_at, received) if self.raw.occurred_at else received

    @builtins.property
    def record_id(self) -> str:
        """The provider's id; without one, the words are the identity."""
        return self.raw.record_id or f"sha:{self.raw.content_hash}"


@dataclass(slots=True)
class Absorbed:
    """What a batch changed: ids of records with a new revision, and per delivery how many items and repeats."""

    contact_ids: set[int] = field(default_factory=set)
    property_ids: set[int] = field(default_factory=set)
    lead_ids: list[int] = field(default_factory=list)
    items: Counter[int] = field(default_factory=Counter)
    repeats: Counter[int] = field(default_factory=Counter)

    def add(self, part: Absorbed) -> None:
        """Count a further part of the same deliveries."""
        self.contact_ids |= part.contact_ids
        self.property_ids |= part.property_ids
        self.lead_ids += part.lead_ids
        self.items += part.items
        self.repeats += part.repeats


def understand(delivery: Delivery, raw: RawItem, version: MappingVersion, spec: MappingSpec) -> Incoming:
    """Map and validate one record; touches no database."""
    mapped = apply(spec, raw.record)
    built = build(spec.kind, mapped.plain())
    problems = [problem.message for problem in mapped.problems]
    if not isinstance(built, CleanRecord):
        problems += [problem.message for problem in built]
    record = built if isinstance(built, CleanRecord) and not problems else None
    return Incoming(delivery, raw, version, mapped, record, problems)


def absorb(incoming: Iterable[Incoming], *, by: Actor | None = None) -> Absorbed:
    """Write these records; call it inside a transaction.

    Args:
        incoming: what came, or what a person redrives (then `item` is set).
        by: who redrives; otherwise each source speaks for itself.
    """
    incoming = list(incoming)
    keys = {_identity(one) for one in incoming}
    for one in incoming:
        if one.record:
            keys.update(match_keys(one.record))
    lock_keys(keys)
    absorbed = Absorbed()
    fresh = _drop_repeats(incoming, absorbed)
    good = [one for one in fresh if one.state == Item.State.IN_PROGRESS]
    entries = _resolve(good, by, absorbed)
    entries += _write_items(fresh, by, absorbed)
    entries += _write_leads([one for one in good if one.record and one.record.lead], by, absorbed)
    write(entries)
    return absorbed


def _identity(one: Incoming) -> str:
    return f"item:{one.delivery.source_id}:{one.record_id}"


def _drop_repeats(incoming: list[Incoming], absorbed: Absorbed) -> list[Incoming]:
    """Those that are no repeat, each with the state and version its item will have."""
    seen: dict[str, list[Seen]] = {}
    rows = Item.objects.filter(
        source_id__in={one.delivery.source_id for one in incoming}, record_id__in={one.record_id for one in incoming}
    ).values_list("source_id", "record_id", "version", "content_hash", "delivery_id", "position", "received_at")
    for source_id, record_id, version, content_hash, delivery_id, position, received_at in rows:
        seen.setdefault(f"item:{source_id}:{record_id}", []).append(
            Seen(version, content_hash, delivery_id, position, received_at)
        )
    fresh = []
    for one in incoming:
        if one.item:
            one.state = Item.State.DEAD_LETTER if one.problems else Item.State.IN_PROGRESS
            fresh.append(one)
            continue
        had = seen.setdefault(_identity(one), [])
        recurrence, one.kept_version = compare(
            has_id=bool(one.raw.record_id),
            version=one.raw.version,
            content_hash=one.raw.content_hash,
            delivery_id=one.delivery.pk,
            position=one.raw.position,
            received_at=one.delivery.received_at,
            window=one.delivery.source.repeat_window,
            seen=had,
        )
        if recurrence is Recurrence.REPEAT:
            absorbed.repeats[one.delivery.pk] += 1
            continue
        absorbed.items[one.delivery.pk] += 1
        if recurrence is Recurrence.OURS:
            continue
        had.append(
            Seen(one.kept_version, one.raw.content_hash, one.delivery.pk, one.raw.position, one.delivery.received_at)
        )
        one.state = _state(one, recurrence)
        fresh.append(one)
    return fresh


def _state(one: Incoming, recurrence: Recurrence) -> str:
    if one.raw.is_test:
        return Item.State.TEST
    if recurrence is Recurrence.CONFLICT:
        return Item.State.CONFLICT
    return Item.State.DEAD_LETTER if one.problems else Item.State.IN_PROGRESS


def _resolve(good: list[Incoming], by: Actor | None, absorbed: Absorbed) -> list[AuditEntry]:
    """Find or make the people and properties of these records; newer words win over older ones, whatever came first."""
    resolver = Resolver(one.record for one in good if one.record)
    for one in good:
        if one.record is None:
            continue
        said = provenance_of(
            one.delivery, one.raw.position, one.delivery.source.origin, one.version, one.occurred_at, one.mapped
        )
        if one.record.contact:
            one.contact = resolver.contact(one.record.contact, said)
        if one.record.property:
            one.property = resolver.property(one.record.property, said)
    entries = resolver.save(by or STEWARD)
    absorbed.contact_ids = resolver.changed_contacts
    absorbed.property_ids = resolver.changed_properties
    return entries


def provenance_of(
    delivery: Delivery, position: int, origin: str, version: MappingVersion, occurred_at: datetime, mapped: Mapped
) -> Provenance:
    """Where the values of one record come from."""
    return Provenance(
        origin=origin,
        occurred_at=occurred_at,
        mapping=str(version),
        item=f"{delivery.public_id}/{position}",
        paths={target: (value.path, value.by) for target, value in mapped.values.items()},
    )


def _write_items(fresh: list[Incoming], by: Actor | None, absorbed: Absorbed) -> list[AuditEntry]:
    new: list[Item] = []
    for one in fresh:
        columns: dict[str, Any] = {
            "mapping": one.version,
            "values": shown_values(one.mapped),
            "output_hash": output_hash(one.mapped),
            "unmapped": one.mapped.unmapped,
            "problems": one.problems,
            "error_code": "invalid" if one.problems else "",
            "contact": one.contact,
            "property": one.property,
            "contact_revision": one.contact.revision if one.contact else 0,
            "property_revision": one.property.revision if one.property else 0,
        }
        if one.item:
            code = {"code": "invalid", "problems": one.problems} if one.problems else {}
            action = "item.buried" if one.problems else "item.reopened"
            to = one.state if one.item.state != one.state else None
            if not apply_moves([Move(one.item, to, action, columns, by=by or STEWARD, detail=code)]):
                raise LostRace(f"item {one.item.pk} was changed by somebody else")
            continue
        one.item = Item(
            source=one.delivery.source,
            delivery=one.delivery,
            position=one.raw.position,
            record_id=one.record_id,
            version=one.kept_version,
            content_hash=one.raw.content_hash,
            state=one.state,
            received_at=one.delivery.received_at,
            occurred_at=one.occurred_at,
            **columns,
        )
        new.append(one.item)
    insert(new)
    return [
        entry(item, "item.buried", detail={"code": item.error_code, "problems": item.problems})
        for item in new
        if item.state == Item.State.DEAD_LETTER
    ]


def _write_leads(good: list[Incoming], by: Actor | None, absorbed: Absorbed) -> list[AuditEntry]:
    leads = [_lead(one) for one in good]
    insert(leads)
    insert(step for lead, one in zip(leads, good, strict=True) for step in _first_steps(lead, one))
    absorbed.lead_ids = [lead.pk for lead in leads]
    return [
        entry(
            lead,
            "lead.created",
            lead_id=lead.pk,
            by=by or one.delivery.sender,
            detail={"item": lead.item_id},
        )
        for lead, one in zip(leads, good, strict=True)
    ]


def _lead(one: Incoming) -> Lead:
    record = one.record
    if record is None or record.lead is None or one.contact is None or one.item is None:
        raise AssertionError("a lead needs its item and its contact; the caller chose records that have both")
    return Lead(
        item=one.item,
        source=one.delivery.source,
        contact=one.contact,
        property=one.property,
        received_at=one.delivery.received_at,
        occurred_at=one.occurred_at,
        **lead_columns(record.lead, record.property if one.property is None else None),
    )


def lead_columns(said: LeadRecord, home: PropertyRecord | None) -> dict[str, Any]:
    """What a lead's row holds of its record.

    Args:
        said: the enquiry.
        home: what it says of a property that has no MLS number and so no row of its own.
    """
    return {
        "kind": said.kind or "",
        "message": said.message or "",
        "budget_low": said.budget_low,
        "budget_high": said.budget_high,
        "timeframe": said.timeframe or "",
        "financing": said.financing or "",
        "campaign": said.campaign or "",
        "source_detail": said.source_detail or "",
        "wished_agent": said.agent or "",
        "property_facts": home.model_dump(mode="json", exclude_none=True) if home else {},
    }


def _first_steps(lead: Lead, one: Incoming) -> list[TrailStep]:
    received = {"delivery": str(one.delivery.public_id), "via": one.delivery.via, "key_id": one.delivery.key_id}
    if (sender := one.delivery.sender).kind == AuditEntry.ActorKind.PERSON:
        received["by"] = sender.name
    normalized = {
        "mapping": str(one.version),
        "fields": len(one.mapped.values),
        "unmapped": len(one.mapped.unmapped),
    }
    return [
        TrailStep(lead=lead, step=TrailStep.Step.RECEIVED, at=one.delivery.received_at, proof=received),
        TrailStep(lead=lead, step=TrailStep.Step.NORMALIZED, proof=normalized),
    ]


def shown_values(mapped: Mapped) -> dict[str, Any]:
    """What an item keeps of what its mapping made of it."""
    return {target: _shown(value) for target, value in mapped.values.items()}


def _shown(value: MappedValue) -> dict[str, Any]:
    shown: dict[str, Any] = {"value": value.value, "raw": value.raw, "path": value.path, "by": value.by}
    if value.issues:
        shown["issues"] = [issue.code for issue in value.issues]
    return shown
