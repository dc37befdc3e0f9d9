"""The mapping document in which columns fill our fields: made for a file, or changed for some of its columns. Pure.

Invariant: what somebody wrote into a mapping by hand (normalizers, picklists, defaults, other paths) stays as it is;
only the columns whose field changed are moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from glob import escape
from typing import Any

from intake.mapping.paths import PathInvalid, compile_path, show
from intake.mapping.spec import EMPTY
from intake.records import LISTS, Kind
from intake.tables.column_names import IDS, VERSIONS
from intake.tables.recognize import SPREADSHEET_ERRORS, filled, plain
from intake.tables.shape import Cell


def propose(
    columns: Sequence[str], sample: Sequence[Mapping[str, Cell]], kind: Kind, targets: Mapping[str, str]
) -> dict[str, Any]:
    """The mapping document in which each column fills its target.

    A record is known by an id only where the file also says its version: the same id with other words and no version
    would be a conflict instead of news.

    Args:
        targets: per column our field; columns without one are left out.
    """
    envelope: dict[str, Any] = {"decode": "json", "empty": [*EMPTY, *SPREADSHEET_ERRORS]}
    ids = [column for column in columns if plain(column) in IDS and _unique(sample, column)]
    versions = [column for column in columns if plain(column) in VERSIONS and filled(sample, column)]
    if ids and versions:
        envelope["identity"] = {"record_id": [path_of(ids[0])], "version": [path_of(versions[0])]}
    return revise({**envelope, "kind": kind, "fields": [], "picklists": {}}, {}, targets)


def revise(document: Mapping[str, Any], before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Any]:
    """The document with the columns whose target changed filling the new one; all else stays as somebody wrote it."""
    changed = {column for column in {*before, *after} if before.get(column, "") != after.get(column, "")}
    rules = []
    for rule in document["fields"]:
        kept = [path for path in rule.get("first_of", ()) if column_of(path) not in changed]
        if kept or not rule.get("first_of"):
            rules.append({**rule, **({"first_of": kept} if kept else {})})
    for column, target in after.items():
        if column not in changed or not target:
            continue
        same = next((rule for rule in rules if rule["to"] == target and target not in LISTS), None)
        if same is None:
            rules.append({"to": target, "first_of": [path_of(column)]})
        else:
            rules[rules.index(same)] = {**same, "first_of": [*same.get("first_of", ()), path_of(column)]}
    return {**document, "fields": rules}


def ignoring(document: Mapping[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
    """The document in which the columns without a target are ignored, so that nobody is told of them as news."""
    left_out = {escape(path_of(column)): not target for column, target in targets.items()}
    others = [pattern for pattern in document.get("ignore", ()) if pattern not in left_out]
    ignore = others + [pattern for pattern, ignored in left_out.items() if ignored]
    return {**document, "ignore": ignore} if ignore or "ignore" in document else dict(document)


def targets_of(document: Mapping[str, Any], columns: Iterable[str]) -> dict[str, str]:
    """Per column the field that a mapping document fills with it; "" where no rule reads it."""
    found = dict.fromkeys(columns, "")
    for rule in document.get("fields", ()):
        for path in rule.get("first_of", ()):
            column = column_of(path)
            if not found.get(column, "?"):
                found[column] = rule["to"]
    return found


def path_of(column: str) -> str:
    """The path of a mapping that reads a column."""
    return show((column,))


def column_of(path: str) -> str:
    """The column that a path reads; "" when it reads something deeper."""
    try:
        plain = compile_path(path).plain
    except PathInvalid:
        return ""
    return plain[0] if plain and len(plain) == 1 else ""


def _unique(sample: Sequence[Mapping[str, Cell]], column: str) -> bool:
    values = filled(sample, column)
    return bool(values) and len(values) == len(sample) == len({str(value) for value in values})
