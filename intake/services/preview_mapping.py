"""What a dictionary that somebody is writing makes of the last records, by the code that maps leads; and which paths
those records hold.

Invariant: reads only. A dictionary with problems gives the problems, for any text that people type.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from intake.dictionaries import published
from intake.mapping.difference import Understood, outcome_of
from intake.mapping.document import MappingInvalid
from intake.mapping.drift import is_ignored, is_read, observe, reads
from intake.mapping.engine import MappedValue, RawItem
from intake.mapping.spec import MappingSpec
from intake.mapping.suggest import suggest
from intake.models import Delivery, FieldSighting, Lead, MappingVersion
from intake.services.read_again import last_deliveries, read, records_of

RECORDS = 5
PATHS_OF = 200
SHAPES = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a previewed record.

    mapped: what the edited dictionary makes of it. now: the value by the published one. outcome: as in
    `intake.mapping.difference`. why: what is odd about the value, in words.
    """

    target: str
    mapped: MappedValue
    now: Any
    outcome: str
    why: str


@dataclass(frozen=True, slots=True)
class Previewed:
    """One record as the edited dictionary reads it; `stops` say why it could not be used."""

    delivery: Delivery
    position: int
    lines: list[Line]
    stops: list[str]
    unmapped: list[str]


@dataclass(slots=True)
class Preview:
    """problems: what is wrong with the dictionary, place and fix; then there are no records."""

    problems: list[tuple[str, str]] = field(default_factory=list)
    records: list[Previewed] = field(default_factory=list)
    base: MappingVersion | None = None


@dataclass(frozen=True, slots=True)
class SeenPath:
    """One path of the last records: how many of them fill it, masked samples, who reads it, what it may be."""

    path: str
    filled: float
    shapes: tuple[str, ...]
    targets: tuple[str, ...]
    known: bool
    suggestion: str
    first_seen: datetime | None
    count: int


def preview(version: MappingVersion, document: Mapping[str, Any], *, about: str = "") -> Preview:
    """Apply a document to the last records of the version's source.

    Args:
        version: whose source; unpublished edits of it are in `document`.
        document: the whole dictionary as it stands on the screen.
        about: another record to show first: a lead (L-1042) or the public id of a delivery.
    """
    base, old = published([version.source_id]).get(version.source_id, (None, None))
    try:
        spec = MappingSpec.parse({**document, "kind": version.source.kind})
    except MappingInvalid as error:
        return Preview(list(error.problems), base=base)
    found = Preview(base=base)
    for delivery in _deliveries(version.source_id, about):
        before = records_of(delivery, old) if old else []
        for raw in records_of(delivery, spec):
            now = read(before[raw.position], old).understood if old and raw.position < len(before) else None
            found.records.append(_previewed(delivery, raw, spec, now))
            if len(found.records) == RECORDS:
                return found
    return found


def seen_paths(source_id: int, spec: MappingSpec) -> list[SeenPath]:
    """The paths of the last records; what nobody reads or ignores first, then by how often it is filled."""
    records = [raw for _, raw in _last_records(source_id, spec, PATHS_OF)]
    filled: dict[str, int] = {}
    shapes: dict[str, dict[str, None]] = {}
    templates: dict[str, tuple[str, ...]] = {}
    for raw in records:
        for leaf in observe(raw.record, spec):
            templates[leaf.path] = leaf.template
            filled[leaf.path] = filled.get(leaf.path, 0) + leaf.filled
            kept = shapes.setdefault(leaf.path, {})
            if leaf.shape and len(kept) < SHAPES:
                kept[leaf.shape] = None
    sightings = {row.path: row for row in FieldSighting.objects.filter(source_id=source_id, path__in=list(templates))}
    seen = []
    for path, template in templates.items():
        row = sightings.get(path)
        known = is_read(spec, template) or is_ignored(spec, path)
        seen.append(
            SeenPath(
                path=path,
                filled=filled[path] / len(records),
                shapes=tuple(shapes[path]),
                targets=tuple(rule.to for rule in spec.rules if reads(rule, template)),
                known=known,
                suggestion="" if known else suggest(path, spec.kind),
                first_seen=row.first_seen if row else None,
                count=row.count if row else filled[path],
            )
        )
    return sorted(seen, key=lambda one: (one.known, -one.filled, one.path))


def _last_records(source_id: int, spec: MappingSpec, limit: int) -> Iterator[tuple[Delivery, RawItem]]:
    count = 0
    for delivery in last_deliveries(source_id, limit):
        for raw in records_of(delivery, spec):
            if count == limit:
                return
            count += 1
            yield delivery, raw


def _deliveries(source_id: int, about: str) -> Iterator[Delivery]:
    chosen = _chosen(source_id, about.strip())
    if chosen:
        yield chosen
    for delivery in last_deliveries(source_id, 10 * RECORDS):
        if delivery != chosen:
            yield delivery


def _chosen(source_id: int, about: str) -> Delivery | None:
    """The delivery that somebody named by a lead's reference or by its own id; of this source only."""
    mine = Delivery.objects.filter(source_id=source_id)
    if lead := re.fullmatch(r"[Ll]-?(\d{1,15})", about):
        return mine.filter(items__in=Lead.objects.filter(pk=int(lead[1])).values("item")).first()
    try:
        return mine.filter(public_id=uuid.UUID(about.partition("/")[0])).first()
    except ValueError:
        return None


def _previewed(delivery: Delivery, raw: RawItem, spec: MappingSpec, now: Understood | None) -> Previewed:
    reading = read(raw, spec)
    mapped, then = reading.mapped, reading.understood
    now = now or Understood({}, stops={"record": ""})
    targets = dict.fromkeys((*mapped.values, *now.values, *(target for target in then.stops if "." in target)))
    lines = []
    for target in targets:
        value = mapped.values.get(target, MappedValue(None))
        why = then.stops.get(target) or " ".join(issue.sentence for issue in value.issues)
        lines.append(Line(target, value, now.values.get(target), outcome_of(target, now, then), why))
    return Previewed(delivery, raw.position, lines, list(then.stops.values()), mapped.unmapped)
