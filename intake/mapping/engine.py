"""Splitting a payload into items, and turning an item's record into clean values by target.

Invariant: `split` and `apply` never raise for any payload, invent nothing, and account for everything: each
value names its path and normalizer, each refusal is a problem in words, and each leaf that no rule read is
reported as unmapped.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from intake.mapping.paths import Found, Path, leaves, show
from intake.mapping.spec import FieldRule, MappingSpec, Pivot
from intake.normalize import registry
from intake.normalize.result import NO_PARTS, Context, Issue, Result, Severity
from intake.records import LISTS, PARTS, TARGETS, WHOLES, Problem

MEMBERS_LIMIT = 100  # name and value pairs of one pivot
ID_LIMIT = 120  # characters of a provider's record id or version; the item table has room for both


@dataclass(frozen=True, slots=True)
class RawItem:
    """One record of a delivery, as it came.

    position: from 0. record_id, version: as text, "" where the source names none. occurred_at: aware, in
    UTC, or None. content_hash: sha256 of the record's canonical JSON, in hex.
    """

    position: int
    record: dict[str, Any]
    record_id: str
    version: str
    occurred_at: datetime | None
    is_test: bool
    content_hash: str


@dataclass(frozen=True, slots=True)
class MappedValue:
    """One target's value with its origin.

    Value is None when nothing usable was found; raw then says what was there.
    """

    value: Any
    raw: Any = None
    path: str = ""
    by: str = ""
    issues: tuple[Issue, ...] = ()
    parts: Mapping[str, Any] = field(default_factory=lambda: NO_PARTS)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a mapping made of one record.

    Problems stop the record; unmapped are templates of leaves nobody reads.
    """

    values: dict[str, MappedValue]
    problems: list[Problem]
    unmapped: list[str]

    def plain(self) -> dict[str, Any]:
        """The values by target, as `records.build` takes them.

        A whole that was spread into its parts is left out. An e-mail or phone that its own normalizer cleaned is a
        Result, so that nobody cleans it again.
        """
        return {
            target: _point(target, mapped)
            for target, mapped in self.values.items()
            if mapped.value is not None and not (target in WHOLES and mapped.parts)
        }


def _point(target: str, mapped: MappedValue) -> Any:
    base = target.partition("[")[0]
    if base in LISTS and mapped.by.partition("@")[0] == TARGETS[base]:
        return Result(mapped.value, parts=mapped.parts, key=mapped.key)
    return mapped.value


def split(payload: object, spec: MappingSpec) -> list[RawItem]:
    """The records of a decoded payload, in order.

    Empty when the payload holds none at the place the mapping names.
    """
    if spec.items is not None:
        found: list[Any] = []
        for _, value in spec.items.read(payload):
            found.extend(value if isinstance(value, list) else [value])
    elif isinstance(payload, list):
        found = payload
    else:
        found = [] if payload is None else [payload]
    return [_item(position, record, spec) for position, record in enumerate(found)]


def _item(position: int, member: object, spec: MappingSpec) -> RawItem:
    record = member if isinstance(member, dict) else {"value": member}
    seen = pivoted(record, spec.pivots)
    identity = spec.identity
    when = registry.normalize("datetime", _first(identity.occurred_at, seen, spec.context), spec.context).value
    test = _first(identity.is_test, seen, spec.context)
    return RawItem(
        position=position,
        record=record,
        record_id=_id(_first(identity.record_id, seen, spec.context)),
        version=_id(_first(identity.version, seen, spec.context)),
        occurred_at=datetime.fromisoformat(when) if when else None,
        is_test=registry.normalize("boolean", test, spec.context).value is True,
        content_hash=content_hash(record),
    )


def _first(paths: tuple[Path, ...], record: object, context: Context) -> Any:
    for path in paths:
        for _, value in path.read(record):
            if not is_empty(value, context):
                return value
    return None


def _id(value: object) -> str:
    """An identifier as text. One that is too long keeps its beginning and a hash, so that two stay two."""
    if value is None or isinstance(value, (dict, list)):
        return "" if value is None else content_hash(value)
    text = str(value).strip().encode("utf-8", "replace").decode()
    return text if len(text) <= ID_LIMIT else f"{text[:50]}:{content_hash(text)}"


def content_hash(record: object) -> str:
    """sha256 in hex of the canonical JSON.

    Members sorted, no blanks, UTF-8. Equal records have equal hashes.
    """
    try:
        canonical = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    except (
        TypeError,
        ValueError,
        RecursionError,
    ):  # lone surrogates, integers over 64 bits, very deep records
        try:
            text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=repr)
        except (TypeError, ValueError, RecursionError):
            text = repr(leaves(record))
        canonical = text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(canonical).hexdigest()


def output_hash(mapped: Mapped) -> str:
    """What a mapping made of a record, in one word: its values, who cleaned them, and why it cannot be used."""
    values = {target: [one.value, one.by] for target, one in mapped.values.items()}
    return content_hash([values, sorted([problem.target, problem.code] for problem in mapped.problems)])


def is_empty(value: object, context: Context) -> bool:
    """Nothing, blanks, an empty list or object, or a text the source uses for nothing.

    0 and False are values.
    """
    if value is None:
        return True
    if isinstance(value, str):
        text = value.strip()
        return not text or (len(text) < 40 and text.casefold() in context.empty)
    if isinstance(value, list):
        return all(entry is None or entry == "" for entry in value)
    return isinstance(value, dict) and not value


def pivoted(record: dict[str, Any], pivots: tuple[Pivot, ...]) -> dict[str, Any]:
    """The record with its name and value pairs as members; members it already has stay as they are."""
    if not pivots:
        return record
    seen = dict(record)
    for pivot in pivots:
        for _, pairs in pivot.path.read(record):
            members = pairs if isinstance(pairs, list) else [pairs]
            for pair in members[:MEMBERS_LIMIT]:
                name = pivot.key.first(pair)
                if isinstance(name, (str, int)) and not isinstance(name, bool):
                    seen.setdefault(str(name), pivot.value.first(pair))
        if pivot.path.plain is not None and len(pivot.path.plain) == 1:
            seen.pop(pivot.path.plain[0], None)  # read through its pairs; left in, all of it would count as unmapped
    return seen


def apply(spec: MappingSpec, record: Mapping[str, Any]) -> Mapped:
    """Read, clean and account for every value of one record (as `split` gave it).

    Never raises for any record.
    """
    seen = pivoted(dict(record), spec.pivots)
    values: dict[str, MappedValue] = {}
    problems: list[Problem] = []
    counts: dict[str, int] = {}
    for rule in spec.rules:
        mapped = _mapped(rule, seen, spec.context)
        problem = _problem(rule, mapped)
        if problem:
            problems.append(problem)
        if mapped is None:
            continue
        if mapped.value is None and rule.on_invalid == "keep_raw":
            mapped = MappedValue(_kept(mapped.raw), mapped.raw, mapped.path, "raw", mapped.issues)
        target = rule.to
        if target in LISTS:
            count = counts.get(target, 0)
            counts[target] = count + 1
            target = f"{target}[{count}]" if count else target
        values[target] = mapped
    _spread(values)
    return Mapped(values, problems, _unmapped(spec, seen))


def _mapped(rule: FieldRule, record: object, context: Context) -> MappedValue | None:
    """The first usable value of a rule; failing that the first unusable one, so that it can be shown."""
    if rule.constant is not None:
        return _cleaned(rule, "", rule.constant, context, by="constant")
    unusable: MappedValue | None = None
    if rule.concat:
        candidates = _joined(rule, record, context)
    else:
        candidates = ((place, raw) for path in rule.first_of for place, raw in path.read(record))
    for place, found in candidates:
        raw = _part(found, rule) if rule.split else found
        if not is_empty(raw, context):
            mapped = _cleaned(rule, place, raw, context)
            if mapped.value is not None:
                return mapped
            unusable = unusable or mapped
    if unusable is None and rule.default is not None:
        return _cleaned(rule, "", rule.default, context, by="default")
    return unusable


def _joined(rule: FieldRule, record: object, context: Context) -> Iterator[Found]:
    """One text of all that the rule's paths find, in their order; nothing where they find nothing."""
    found = [(place, raw) for path in rule.first_of for place, raw in path.read(record) if not is_empty(raw, context)]
    if found:
        yield " + ".join(place for place, _ in found), rule.concat.join(str(_kept(raw)).strip() for _, raw in found)


def _part(raw: object, rule: FieldRule) -> object:
    """One part of a text; nothing where it has no such part. What is no text has no parts and stays as it is."""
    if not isinstance(raw, str):
        return raw
    parts = raw.split(rule.split)
    at = rule.part - 1 if rule.part > 0 else rule.part
    return parts[at].strip() if -len(parts) <= at < len(parts) else None


def _cleaned(rule: FieldRule, place: str, raw: object, context: Context, by: str = "") -> MappedValue:
    result = registry.normalize(rule.normalizer, raw, context, rule.entries)
    return MappedValue(result.value, raw, place, by or result.by, result.issues, result.parts, result.key)


def _problem(rule: FieldRule, mapped: MappedValue | None) -> Problem | None:
    if mapped is None:
        if not rule.required:
            return None
        paths = ", ".join(path.text for path in rule.first_of)
        message = f"{rule.to} is required and empty at {paths}. Add its path, or make it optional."
        return Problem(rule.to, "required_missing", message)
    if mapped.value is not None:
        return None
    why = " ".join(issue.sentence for issue in mapped.issues if issue.severity is not Severity.INFO)
    where = f"The value at {mapped.path} cannot be used for {rule.to}. {why}".rstrip()
    if rule.on_invalid == "review":
        return Problem(rule.to, "review", f"{where} The mapping asks for a person to look at it.")
    if rule.on_invalid == "reject":
        return Problem(rule.to, "rejected", f"{where} The mapping rejects such records.")
    if rule.required:
        return Problem(rule.to, "required_unusable", f"{where} It is required.")
    return None


def _kept(raw: object) -> Any:
    """A raw value that is kept instead of a clean one: a scalar as it is, anything else as JSON text."""
    if isinstance(raw, (str, int, float, bool)):
        return raw
    return json.dumps(raw, default=repr)[:2000]


def _spread(values: dict[str, MappedValue]) -> None:
    """Let a full name, address, price or phone fill the targets of its parts, unless those were mapped to a
    value.
    """
    for target, mapped in list(values.items()):
        base, bracket, index = target.partition("[")
        for part, part_target in PARTS.get(base, {}).items() if mapped.parts else ():
            name = f"{part_target}{bracket}{index}"
            if part in mapped.parts and (name not in values or values[name].value is None):
                values[name] = MappedValue(mapped.parts[part], mapped.raw, mapped.path, mapped.by)


def _unmapped(spec: MappingSpec, record: Mapping[str, Any]) -> list[str]:
    """Templates of the leaves that no path of the mapping reads and no pattern ignores."""
    used, ignored = spec.used, spec.ignored
    unmapped = []
    for template in leaves(record):
        if any(template[:length] in used for length in range(1, len(template) + 1)):
            continue
        text = show(template)
        if text and not (ignored and ignored.fullmatch(text)):
            unmapped.append(text)
    return unmapped
