"""What the mapping editor shows beside its forms: the paths that come, and the preview.

Invariant: without the permission to view payloads no value leaves this module, only paths and masked samples.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from intake.admin.dry_run import TONES, WORDS
from intake.admin.values import shown
from intake.mapping.document import MappingInvalid
from intake.mapping.spec import MappingSpec
from intake.models import MappingVersion
from intake.services.preview_mapping import Line, Preview, preview, seen_paths
from trail.admin.wording import age


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One field of a previewed record, ready for the page."""

    target: str
    value: str
    was: str
    origin: str
    word: str
    tone: str
    why: str


def problems(version: MappingVersion) -> list[tuple[str, str]]:
    """What stands in the way of publishing: place in the dictionary, and the fix."""
    return problems_of(version, version.document())


def problems_of(version: MappingVersion, document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with a document that stands on the screen."""
    try:
        MappingSpec.parse({**document, "kind": version.source.kind})
    except MappingInvalid as error:
        return list(error.problems)
    return []


def _usable(version: MappingVersion, document: Mapping[str, Any]) -> MappingSpec:
    """The dictionary without the rules that have problems, so that half a rule hides no path that others read."""
    wrong = {place.partition("]")[0] for place, _ in problems_of(version, document)}
    rules = [rule for number, rule in enumerate(document["fields"]) if f"fields[{number}" not in wrong]
    try:
        return MappingSpec.parse({**document, "kind": version.source.kind, "fields": rules})
    except MappingInvalid:
        return MappingSpec(kind="listing" if version.source.kind == "listing" else "lead")


def shown_paths(version: MappingVersion, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the source sends, beside the rules that read it."""
    spec = _usable(version, document)
    now = timezone.now()
    return [
        {
            "path": one.path,
            "percent": round(one.filled * 100),
            "shapes": one.shapes,
            "targets": one.targets,
            "known": one.known,
            "suggestion": one.suggestion,
            "first_seen": age(one.first_seen, now) if one.first_seen else "",
            "count": f"{one.count:,}",
            "add": json.dumps({"add_path": one.path, "add_to": one.suggestion}),
            "ignore": json.dumps({"ignore_path": one.path}),
        }
        for one in seen_paths(version.source_id, spec)
    ]


def shown_preview(request: HttpRequest, version: MappingVersion, document: Mapping[str, Any]) -> dict[str, Any]:
    """What the document makes of the last records, or what is wrong with it."""
    made: Preview = preview(version, document, about=request.POST.get("about", ""))
    open_values = request.user.has_perm("intake.view_payload")
    everything = "everything" in request.POST
    now = timezone.now()
    records = []
    for one in made.records:
        lines = [_line(line, open_values) for line in sorted(one.lines, key=lambda line: line.target)]
        odd = [line for line in lines if line.word or line.why]
        records.append(
            {
                "name": str(one.delivery.public_id)[:8] + (f"/{one.position}" if one.position else ""),
                "href": reverse("admin:intake_delivery_change", args=[one.delivery.pk]),
                "age": age(one.delivery.received_at, now),
                "lines": lines if everything else odd,
                "same": 0 if everything else len(lines) - len(odd),
                "stops": one.stops,
                "unmapped": len(one.unmapped),
            }
        )
    return {
        "problems": [_on_screen(problem, document) for problem in made.problems],
        "records": records,
        "base": made.base,
        "open_values": open_values,
    }


def _line(line: Line, open_values: bool) -> ShownLine:
    value = line.mapped
    return ShownLine(
        target=line.target,
        value=shown(line.target, value.value, open_values),
        was=shown(line.target, line.now, open_values) if line.outcome in ("changed", "lost", "fails") else "",
        origin=value.path or value.by,
        word=WORDS[line.outcome] if line.outcome in TONES else "",
        tone=TONES.get(line.outcome, "quiet"),
        why=line.why,
    )


def _on_screen(problem: tuple[str, str], document: Mapping[str, Any]) -> tuple[str, str]:
    """A problem as the screen names its place: "Rule 3, contact.email"."""
    place, fix = problem
    head, _, rest = place.partition("]")
    number = head.removeprefix("fields[")
    if head == place or not number.isdecimal() or int(number) >= len(document["fields"]):
        return problem
    target = document["fields"][int(number)].get("to")
    if rest == ".to" and not target:
        fix = "Choose the internal field that it fills."
    return f"Rule {int(number) + 1}{f', {target}' if target else ''}", fix
