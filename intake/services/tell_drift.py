"""Raise an alert, with a suggestion, where a source's payloads changed; resolve it once it is no longer so.

Invariant: called by `intake.services.watch_drift` when a sighting is written for the first time or crosses a line, so
each change is told once. An alert holds paths, types and words of picklists, never a person's details.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any
from urllib.parse import urlencode

from intake.dictionaries import published
from intake.mapping.drift import Leaf, is_ignored, is_missed, is_read, reads
from intake.mapping.paths import compile_path
from intake.mapping.spec import FieldRule, MappingSpec
from intake.mapping.suggest import nearest_word, suggest
from intake.models import FieldSighting, Source
from intake.records import VOCABULARIES
from trail.alerts import key_of, raise_alert
from trail.models import Alert

# So many new paths at once are one new form, and one alert.
PATHS_PER_ALERT = 10
# The pages where these alerts are acted on; the source's id is their argument.
EDITOR = "admin:intake_source_mapping"
PICKLISTS = "admin:intake_source_picklists"
# A lead that lost one of these can no longer be answered, whether or not its rule says "required".
VITAL = ("contact.email", "contact.phone", "property.mls_id")


def tell_changed_type(source: Source, leaf: Leaf, had: list[str], spec: MappingSpec) -> None:
    """A path came with a type that it never had."""
    raise_alert(
        "field.changed_type",
        key_of("field.changed_type", source.pk, leaf.path, leaf.type),
        title=f"{source.name}: {leaf.path} is now {leaf.type}; so far it was {', '.join(had)}",
        advice="Look at the preview of its mapping. A value that cannot be read is left empty or refused, as its "
        "rule says; the bytes are kept.",
        subject=source,
        page=EDITOR,
        detail={"paths": [leaf.path], "suggestion": _suggestion(leaf.path, spec)},
    )


def tell_new_paths(source: Source, fresh: list[Leaf], spec: MappingSpec) -> None:
    """Paths came that this source never sent; those count that no rule reads."""
    paths = [leaf.path for leaf in fresh if not is_read(spec, leaf.template) and not is_ignored(spec, leaf.path)]
    for group in [paths] if len(paths) > PATHS_PER_ALERT else [[path] for path in paths]:
        first = _suggestion(group[0], spec)
        what = f"{len(group)} new fields, {group[0]} among them" if len(group) > 1 else f"a new field, {group[0]}"
        raise_alert(
            "field.new",
            key_of("field.new", source.pk, *group),
            title=f"{source.name} sends {what}",
            advice="No rule reads it, so it is kept with the raw payload and goes nowhere. Map it, or put it on the "
            "mapping's ignore list.",
            subject=source,
            page=EDITOR,
            query=f"?{urlencode(first)}",
            detail={
                "paths": group,
                "suggestion": first if len(group) == 1 else [_suggestion(path, spec) for path in group],
            },
        )


def tell_missed_paths(
    source: Source, rows: dict[str, FieldSighting], before: dict[str, int], spec: MappingSpec
) -> None:
    """A field that the source filled comes no more, and a lead cannot do without it.

    Args:
        source: whose.
        rows: its sightings by path, the last records counted.
        before: how long each path had been without a value before those records.
        spec: the dictionary that is published.
    """
    templates = {path: compile_path(path).template for path in before}
    for rule in spec.rules:
        mine = [rows[path] for path, template in templates.items() if reads(rule, template) and rows[path].filled]
        if not mine or not (rule.required or rule.to in VITAL):
            continue
        missed = partial(is_missed, filled=max(row.filled for row in mine), records=max(row.records for row in mine))
        if missed(absent=min(row.absent for row in mine)) and not missed(absent=min(before[row.path] for row in mine)):
            suggestion = _renamed(rule, rows.values(), spec)
            raise_alert(
                "field.vanished",
                key_of("field.vanished", source.pk, rule.to),
                title=f"{source.name} no longer fills {rule.to}: nothing came at "
                f"{', '.join(path.text for path in rule.first_of)}",
                advice="The last records came without it. If the source calls it otherwise now, add the new path to "
                "its rule; look among the unmapped paths.",
                subject=source,
                page=EDITOR,
                query=f"?{urlencode(suggestion)}",
                detail={"paths": [row.path for row in mine], "suggestion": suggestion},
            )


def tell_new_word(source: Source, rule: FieldRule, word: str) -> None:
    """A word came where a picklist translates; those count that it does not know."""
    if rule.entries is None or rule.entries.lookup(word) is not None:
        return
    ours = nearest_word(word, VOCABULARIES.get(rule.to) or rule.entries.values())
    raise_alert(
        "picklist.new_value",
        key_of("picklist.new_value", source.pk, rule.to, word),
        title=f"{source.name} writes a word for {rule.to} that its picklist does not know",
        advice="The field stays empty where this word stands. Add the word to the picklist.",
        subject=source,
        page=PICKLISTS,
        detail={"suggestion": {"to": rule.to, "word": word, "our_value": ours}},
    )


def resolve_settled() -> None:
    """Resolve what is no longer so: a path that is mapped or ignored by now, a word that has its entry, a value that
    comes again."""
    kinds = ("field.new", "field.vanished", "picklist.new_value")
    alerts = list(Alert.objects.filter(kind__in=kinds).exclude(state=Alert.State.RESOLVED))
    dictionaries = published(int(alert.subject_id) for alert in alerts)
    for alert in alerts:
        found = dictionaries.get(int(alert.subject_id))
        if found and _is_settled(alert.kind, alert.detail, found[0].source_id, found[1]):
            alert.resolve(reason="It is no longer so.")


def _is_settled(kind: str, known: dict[str, Any], source_id: int, spec: MappingSpec) -> bool:
    if kind == "field.new":
        return all(is_ignored(spec, path) or is_read(spec, compile_path(path).template) for path in known["paths"])
    told = known["suggestion"]
    rules = [rule for rule in spec.rules if rule.to == told["to"]]
    if kind == "picklist.new_value":
        return not any(rule.entries is not None and rule.entries.lookup(told["word"]) is None for rule in rules)
    # Its rule reads something that comes, the old path or a new one.
    coming = FieldSighting.objects.filter(source_id=source_id, filled__gt=0, absent=0).values_list("path", flat=True)
    return not rules or any(reads(rule, compile_path(path).template) for rule in rules for path in coming)


def _suggestion(path: str, spec: MappingSpec) -> dict[str, str]:
    """The field that reads this path, or else the one that probably should."""
    template = compile_path(path).template
    mapped = next((rule.to for rule in spec.rules if reads(rule, template)), "")
    return {"path": path, "to": mapped or suggest(path, spec.kind)}


def _renamed(rule: FieldRule, rows: Iterable[FieldSighting], spec: MappingSpec) -> dict[str, str]:
    """Under which unmapped path the field may come now: one whose name fits, the newest first."""
    for row in sorted(rows, key=lambda row: row.first_seen, reverse=True):
        if not is_read(spec, compile_path(row.path).template) and suggest(row.path, spec.kind) == rule.to:
            return {"path": row.path, "to": rule.to}
    return {"to": rule.to}
