"""What a source's picklists say, beside the words that the source was seen to write.

Invariant: reads only; what somebody edits is saved by `intake.services.edit_mapping`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intake.mapping.suggest import nearest_word
from intake.models import MappingVersion, WordSighting
from intake.normalize.picklist import Picklist
from intake.records import TARGETS, VOCABULARIES


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the source: ours for it ("" where there is none yet), how often it came, and a guess."""

    source_value: str
    our_value: str
    count: int
    guess: str = ""


@dataclass(frozen=True, slots=True)
class ShownPicklist:
    """One picklist: the words that nobody translates first, then its entries. `allowed`: the only words that fit."""

    name: str
    targets: tuple[str, ...]
    unknown: tuple[Word, ...]
    entries: tuple[Word, ...]
    allowed: tuple[str, ...]


def shown_picklists(version: MappingVersion) -> list[ShownPicklist]:
    """The picklists of a version, in the order of its rules; a field with fixed words of ours has one anyway."""
    document = version.document()
    seen: dict[str, Counter[str]] = {}
    for row in WordSighting.objects.filter(source_id=version.source_id):
        seen.setdefault(row.target, Counter())[row.word] += row.count
    targets: dict[str, list[str]] = {name: [] for name in document["picklists"]}
    for rule in document["fields"]:
        if name := picklist_of(rule):
            targets.setdefault(name, []).append(rule["to"])
    return [_shown(name, tuple(its), document["picklists"].get(name, {}), seen) for name, its in targets.items()]


def picklist_of(rule: Mapping[str, Any]) -> str:
    """Which picklist a rule asks; a field whose own normalizer translates is asked under that name."""
    kind = (rule.get("normalizer") or TARGETS[rule["to"]]).partition("@")[0]
    return str(rule.get("picklist") or (kind if kind in ("listing_status", "lead_kind") else ""))


def _shown(
    name: str, targets: tuple[str, ...], entries: Mapping[str, str], seen: Mapping[str, Counter[str]]
) -> ShownPicklist:
    allowed = next((VOCABULARIES[target] for target in targets if target in VOCABULARIES), ())
    picklist = Picklist(entries, allowed)
    counts = sum((seen.get(target, Counter()) for target in targets), Counter[str]())
    ours = allowed or tuple(dict.fromkeys(entries.values()))
    return ShownPicklist(
        name,
        targets,
        tuple(
            Word(word, "", count, nearest_word(word, ours))
            for word, count in counts.most_common()
            if picklist.lookup(word) is None
        ),
        tuple(Word(theirs, our, counts[theirs]) for theirs, our in entries.items()),
        tuple(allowed),
    )
