"""A lead that somebody types in, as the payload that its source's mapping reads. Pure.

Invariant: what is typed for a field stands in the payload where the mapping looks for that field first, so that the
delivery goes the way of every other. A mapping that cannot be written to in that way offers no fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intake.mapping.paths import Every, Index, Key, Path
from intake.mapping.spec import FieldRule, MappingSpec
from intake.records import TARGETS, VOCABULARIES

_JSON = ("auto", "json")  # formats that a typed lead can be written in


@dataclass(frozen=True, slots=True)
class TypedField:
    """One field that can be typed.

    Attributes:
        name: of the input; unique.
        target: our field.
        path: the names under which its value stands in the record.
        words: where the source has fixed words, those that it may be.
    """

    name: str
    target: str
    path: tuple[str, ...]
    words: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of value, such as email or boolean."""
        return TARGETS[self.target]


def typed_fields(spec: MappingSpec) -> list[TypedField]:
    """The fields that a lead of this mapping can be typed in by; empty when it cannot be written to."""
    if spec.decode not in _JSON or not _wraps(spec.items):
        return []
    fields: list[TypedField] = []
    for place, rule in enumerate(spec.rules):
        plain = next((path.plain for path in rule.first_of if path.plain), None)
        if plain and not any(_overlap(plain, field.path) for field in fields):
            fields.append(TypedField(f"field-{place}", rule.to, plain, _words(rule)))
    return fields


def payload(spec: MappingSpec, fields: Sequence[TypedField], values: Mapping[str, Any]) -> Any:
    """The payload that holds these values, by the fields' names; what is empty is left out."""
    record: dict[str, Any] = {}
    for field in fields:
        if (value := values.get(field.name)) in (None, ""):
            continue
        node = record
        for name in field.path[:-1]:
            node = node.setdefault(name, {})
        node[field.path[-1]] = value
    wrapped: Any = record
    for step in reversed(spec.items.steps if spec.items else ()):
        wrapped = {step.name: wrapped} if isinstance(step, Key) else [wrapped]
    return wrapped


def _wraps(items: Path | None) -> bool:
    """Can one record be put where the mapping looks for records?"""
    steps = items.steps if items else ()
    return all(isinstance(step, (Key, Every)) or (isinstance(step, Index) and step.at in (0, -1)) for step in steps)


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Does one path lead through the place of the other's value?"""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _words(rule: FieldRule) -> tuple[str, ...]:
    if rule.entries is None:
        return ()
    return tuple(rule.entries) or VOCABULARIES.get(rule.to, ())
