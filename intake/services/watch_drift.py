"""Watch what sources send: count payload paths and picklist words, and raise an alert where something is new or gone.

Invariant: this looks at records that are committed, outside of every lead's transaction, so a fault here can neither
fail nor delay a lead. A record is counted once: what was looked at and what was counted is written in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db import models, transaction

from intake.dictionaries import published
from intake.mapping.decode import Unreadable, decode
from intake.mapping.drift import NOTHING, Leaf, is_ignored, observe
from intake.mapping.engine import split
from intake.mapping.spec import FieldRule, MappingSpec
from intake.models import Delivery, DriftCursor, FieldSighting, Item, Source, WordSighting
from intake.services.tell_drift import (
    resolve_settled,
    tell_changed_type,
    tell_missed_paths,
    tell_new_paths,
    tell_new_word,
)

log = structlog.get_logger("drift")

BATCH = 500
# A source whose field names are ids would fill the table for ever; beyond this a new path is not kept.
PATHS_PER_SOURCE = 500
WORDS_PER_TARGET = 200


@dataclass(slots=True)
class _Looked:
    """What the records of one source were seen to hold, in the order they came."""

    spec: MappingSpec
    records: list[tuple[datetime, list[Leaf]]] = field(default_factory=list)
    words: list[tuple[datetime, FieldRule, str]] = field(default_factory=list)


def watch() -> int:
    """Look at every record that has come since the last look.

    Returns:
        How many records were looked at.
    """
    total = 0
    while looked := _watch_once():
        total += looked
    newest = Item.objects.aggregate(newest=models.Max("pk"))["newest"] or 0
    DriftCursor.objects.filter(pk=1, horizon__lt=newest).update(horizon=newest)
    resolve_settled()
    return total


def _watch_once() -> int:
    cursor, _ = DriftCursor.objects.get_or_create(pk=1)
    items = list(
        Item.objects.filter(pk__gt=cursor.position, pk__lte=cursor.horizon)
        .only("pk", "source_id", "delivery_id", "position", "values", "received_at")
        .order_by("pk")[:BATCH]
    )
    if not items:
        return 0
    looked = _look(items)
    with transaction.atomic():
        now = DriftCursor.objects.select_for_update().get(pk=1)
        if now.position != cursor.position:
            return 0  # another worker looks at the same moment, and has counted these
        for source in Source.objects.filter(pk__in=looked):
            _count_paths(source, looked[source.pk])
            _count_words(source, looked[source.pk])
        now.position = items[-1].pk
        now.save(update_fields=["position"])
    return len(items)


def _look(items: list[Item]) -> dict[int, _Looked]:
    """What these records hold, by source. A record that cannot be looked at is left out, whatever the reason."""
    dictionaries = published(item.source_id for item in items)
    by_delivery: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        by_delivery[item.delivery_id].append(item)
    looked = {source_id: _Looked(spec) for source_id, (_, spec) in dictionaries.items()}
    for delivery in Delivery.objects.filter(pk__in=by_delivery, source__in=looked).order_by("pk").iterator(50):
        its_items, found = by_delivery[delivery.pk], looked[delivery.source_id]
        try:
            raws = split(decode(bytes(delivery.body), delivery.content_type, found.spec.decode), found.spec)
            seen = [
                (item.received_at, observe(raws[item.position].record, found.spec))
                for item in its_items
                if item.position < len(raws)
            ]
            words = [(item.received_at, rule, word) for item in its_items for rule, word in _words(item, found.spec)]
        except Unreadable:
            continue  # read by a version that is no longer published
        except Exception:  # noqa: BLE001 - one odd delivery must not end the watch over all others
            log.exception("look_failed", delivery=str(delivery.public_id))
            continue
        found.records += seen
        found.words += words
    return {source_id: found for source_id, found in looked.items() if found.records}


def _words(item: Item, spec: MappingSpec) -> Iterable[tuple[FieldRule, str]]:
    """The words of the source that a picklist met in this record."""
    for rule in spec.rules:
        said = item.values.get(rule.to) if rule.entries is not None else None
        if said and said.get("path") and isinstance(said.get("raw"), str | int | float):
            word = str(said["raw"]).strip()
            if word and len(word) <= 120:
                yield rule, word


def _count_paths(source: Source, looked: _Looked) -> None:
    rows = {row.path: row for row in FieldSighting.objects.filter(source=source)}
    # Nothing is news at a source that is seen for the first time.
    known = bool(rows)
    before = {path: row.absent for path, row in rows.items()}
    fresh: list[Leaf] = []
    for when, leaves in looked.records:
        here = {leaf.path: leaf for leaf in leaves}
        for path, leaf in here.items():
            if path not in rows and len(rows) < PATHS_PER_SOURCE:
                rows[path] = FieldSighting(source=source, path=path, first_seen=when, last_seen=when)
                fresh.append(leaf)
            if path in rows:
                _count(source, rows[path], leaf, when, looked.spec)
        for path, row in rows.items():
            row.records += 1
            row.absent = 0 if path in here and here[path].filled else row.absent + 1
    if known:
        tell_new_paths(source, fresh, looked.spec)
        tell_missed_paths(source, rows, before, looked.spec)
    FieldSighting.objects.bulk_create([row for row in rows.values() if row.pk is None])
    FieldSighting.objects.bulk_update(
        [row for path, row in rows.items() if path in before],
        ["types", "sample", "records", "count", "filled", "absent", "last_seen"],
        batch_size=100,
    )


def _count(source: Source, row: FieldSighting, leaf: Leaf, when: datetime, spec: MappingSpec) -> None:
    """One more record that has this path. A type that it never had is told, once it had one."""
    row.count += 1
    row.filled += leaf.filled
    row.last_seen = max(row.last_seen, when)
    row.sample = leaf.shape or row.sample
    if leaf.type in row.types:
        return
    had = [one for one in row.types if one not in NOTHING]
    row.types = [*row.types, leaf.type]
    if had and leaf.type not in NOTHING and not is_ignored(spec, leaf.path):
        tell_changed_type(source, leaf, had, spec)


def _count_words(source: Source, looked: _Looked) -> None:
    rows = {(row.target, row.word): row for row in WordSighting.objects.filter(source=source)}
    had = set(rows)
    kept: dict[str, int] = defaultdict(int)
    for target, _ in rows:
        kept[target] += 1
    for when, rule, word in looked.words:
        row = rows.get((rule.to, word))
        if row is None:
            if kept[rule.to] >= WORDS_PER_TARGET:
                continue
            kept[rule.to] += 1
            row = rows[rule.to, word] = WordSighting(
                source=source, target=rule.to, word=word, first_seen=when, last_seen=when
            )
            tell_new_word(source, rule, word)
        row.count += 1
        row.last_seen = max(row.last_seen, when)
    WordSighting.objects.bulk_create([row for row in rows.values() if row.pk is None])
    WordSighting.objects.bulk_update(
        [row for key, row in rows.items() if key in had], ["count", "last_seen"], batch_size=100
    )
