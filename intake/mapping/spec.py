"""The mapping document of a source, checked and compiled: which path fills which target, cleaned by what.

Invariant: a MappingSpec that exists can be applied to any payload without an error; everything that can be
wrong about the document is found here, all of it at once, each with its place in the document and the fix.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from intake.mapping.document import DocumentReader, MappingInvalid, kind_of
from intake.mapping.paths import Path
from intake.normalize import registry
from intake.normalize.picklist import Picklist
from intake.normalize.result import Context
from intake.records import LISTS, TARGETS, VOCABULARIES, Kind

Decode = Literal["json", "form", "multipart", "csv", "xml", "auto"]
OnInvalid = Literal["keep_raw", "null", "reject", "review"]
# What counts as nothing unless the document says otherwise. 0 and false are values.
EMPTY = ("", "n/a", "null", "none", "-", "--", "undefined")

_TOP = (
    "source",
    "version",
    "decode",
    "kind",
    "items",
    "identity",
    "pivot",
    "context",
    "empty",
    "fields",
    "picklists",
    "ignore",
)
_RULE = (
    "to",
    "first_of",
    "concat",
    "split",
    "part",
    "normalizer",
    "picklist",
    "constant",
    "default",
    "required",
    "on_invalid",
)
_IDENTITY = ("record_id", "version", "occurred_at", "is_test")
_PIVOT = ("path", "key", "value")
_CONTEXT = ("tz", "date_order", "area_code", "region", "county")
_DATE_ORDERS = ("MDY", "DMY", "YMD")
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Pivot:
    """A list of name and value pairs that becomes members of the record, as lead ads send their answers."""

    path: Path
    key: Path
    value: Path


@dataclass(frozen=True, slots=True)
class Identity:
    """Where a record says who it is.

    Its id at the provider, its version, when it happened, whether it is a test.
    """

    record_id: tuple[Path, ...] = ()
    version: tuple[Path, ...] = ()
    occurred_at: tuple[Path, ...] = ()
    is_test: tuple[Path, ...] = ()

    def paths(self) -> tuple[Path, ...]:
        """All of them."""
        return (*self.record_id, *self.version, *self.occurred_at, *self.is_test)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One target and how it is filled.

    The first usable path, or all paths joined by `concat`, or a constant, or the default when all paths are
    empty. `split` takes one part of the text that was found: the `part`th, from 1, or from the end when
    negative.
    """

    to: str
    first_of: tuple[Path, ...] = ()
    concat: str = ""
    split: str = ""
    part: int = 1
    normalizer: str = "text"
    picklist: str | None = None
    constant: Any = None
    default: Any = None
    required: bool = False
    on_invalid: OnInvalid = "null"
    entries: Picklist | None = None


@dataclass(frozen=True)
class MappingSpec:
    """A compiled mapping document.

    `items` is None when an array's members, or the whole payload, are the items.
    """

    source: str = ""
    version: int | str = ""
    kind: Kind = "lead"
    decode: Decode = "auto"
    items: Path | None = None
    identity: Identity = Identity()
    pivots: tuple[Pivot, ...] = ()
    context: Context = Context(empty=frozenset(EMPTY))
    rules: tuple[FieldRule, ...] = ()
    picklists: Mapping[str, Picklist] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    @staticmethod
    def parse(document: object, normalizers: Mapping[str, str] = MappingProxyType({})) -> MappingSpec:
        """Check and compile a document (YAML or JSON, already read).

        Args:
            document: what people wrote.
            normalizers: which version stands behind a name without one, such as {"phone": "phone@1"}; the newest
                where nothing is said. A mapping that was published keeps those it was published with.

        Raises:
            MappingInvalid: with every problem.
        """
        return _Reader(normalizers).spec(document)

    @cached_property
    def used(self) -> frozenset[tuple[str, ...]]:
        """The templates of all paths the mapping reads: what lies there is known, not drift."""
        paths = (*self.identity.paths(), *(path for rule in self.rules for path in rule.first_of))
        return frozenset(path.template for path in paths)

    @property
    def normalizers(self) -> dict[str, str]:
        """The newest version of each normalizer that the rules use, by name: what publishing pins."""
        kinds = sorted({rule.normalizer.partition("@")[0] for rule in self.rules})
        return {kind: registry.versioned(kind) for kind in kinds}

    @cached_property
    def ignored(self) -> re.Pattern[str] | None:
        """One pattern for all ignored templates, or None."""
        return re.compile("|".join(fnmatch.translate(pattern) for pattern in self.ignore)) if self.ignore else None


class _Reader(DocumentReader):
    """Reads one mapping document."""

    def __init__(self, normalizers: Mapping[str, str]) -> None:
        super().__init__()
        self._pinned = normalizers

    def spec(self, document: object) -> MappingSpec:
        top = self.members(document, "mapping", _TOP)
        context = self._context(top)
        picklists = self._picklists(top.get("picklists"))
        kind = self.choice(top.get("kind", "lead"), "kind", get_args(Kind), "lead")
        spec = MappingSpec(
            source=str(top.get("source", "")),
            version=top["version"] if isinstance(top.get("version"), (int, str)) else "",
            kind="listing" if kind == "listing" else "lead",
            decode=self.choice(top.get("decode", "auto"), "decode", get_args(Decode), "auto"),
            items=self.path(top["items"], "items") if top.get("items") is not None else None,
            identity=self._identity(top.get("identity")),
            pivots=self._pivots(top.get("pivot")),
            context=context,
            rules=self._rules(top.get("fields"), picklists, context),
            picklists=MappingProxyType(picklists),
            ignore=self.texts(top.get("ignore"), "ignore"),
        )
        if self.problems:
            raise MappingInvalid(self.problems)
        return spec

    def _identity(self, value: object) -> Identity:
        members = self.members(value, "identity", _IDENTITY)
        return Identity(**{name: self.paths(members.get(name), f"identity.{name}") for name in _IDENTITY})

    def _pivots(self, value: object) -> tuple[Pivot, ...]:
        pivots = []
        for index, entry in enumerate(self.many([value] if isinstance(value, Mapping) else value, "pivot")):
            place = f"pivot[{index}]"
            members = self.members(entry, place, _PIVOT)
            for name in _PIVOT:
                if name not in members:
                    self.wrong(f"{place}.{name}", "This is missing. A pivot needs path, key and value.")
            paths = {name: self.path(members[name], f"{place}.{name}") for name in _PIVOT if name in members}
            if len(paths) == len(_PIVOT) and all(paths.values()):
                pivots.append(Pivot(**paths))  # type: ignore[arg-type]
        return tuple(pivots)

    def _context(self, top: Mapping[str, Any]) -> Context:
        members = self.members(top.get("context"), "context", _CONTEXT)
        zone, order = str(members.get("tz", "America/Chicago")), str(members.get("date_order", "MDY"))
        area, region = str(members.get("area_code", "")), str(members.get("region", "US"))
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong("context.tz", f"There is no time zone {zone!r}. Use a name such as America/Chicago.")
        self.choice(order, "context.date_order", _DATE_ORDERS, "MDY")
        if area and not re.fullmatch(r"[2-9]\d\d", area):
            self.wrong("context.area_code", f"{area!r} is no area code. Write three digits in quotes, as in '312'.")
        if not re.fullmatch(r"[A-Z]{2}", region):
            self.wrong("context.region", f"{region!r} is no country. Write two capital letters, as in US.")
        empty = self.texts(top["empty"], "empty") if top.get("empty") is not None else EMPTY
        county = str(members.get("county", ""))
        return Context(area, county, region, tz=zone, date_order=order, empty=frozenset(empty))

    def _picklists(self, value: object) -> dict[str, Picklist]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong("picklists", f"Write names of picklists here, not {kind_of(value)}.")
            return {}
        picklists = {}
        for name, entries in value.items():
            if not isinstance(entries, Mapping) or not all(_is_word(word) for word in entries.values()):
                self.wrong(f"picklists.{name}", "Write the source's words, each with our word behind it.")
                continue
            picklists[str(name)] = Picklist(entries)
        return picklists

    def _rules(self, value: object, picklists: dict[str, Picklist], context: Context) -> tuple[FieldRule, ...]:
        entries = self.many(value, "fields")
        if not entries:
            self.wrong(
                "fields",
                "A mapping needs at least one field. Add one such as {to: contact.email, first_of: [email]}.",
            )
        rules: list[FieldRule] = []
        taken: dict[str, int] = {}
        for index, entry in enumerate(entries):
            place = f"fields[{index}]"
            members = self.members(entry, place, _RULE)
            to = members.get("to")
            if not isinstance(to, str) or to not in TARGETS:
                near = difflib.get_close_matches(str(to), TARGETS, 1)
                hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(TARGETS)}."
                self.wrong(f"{place}.to", f"There is no target {to!r}. {hint}" if to else f"This is missing. {hint}")
                continue
            if to in taken and to not in LISTS:
                self.wrong(
                    f"{place}.to",
                    f"{to} is already filled by fields[{taken[to]}]. Put its paths into first_of there.",
                )
            taken.setdefault(to, index)
            rules.append(self._rule(to, members, place, picklists, context))
        return tuple(rules)

    def _rule(
        self,
        to: str,
        members: Mapping[str, Any],
        place: str,
        picklists: dict[str, Picklist],
        context: Context,
    ) -> FieldRule:
        first_of = self.paths(members.get("first_of"), f"{place}.first_of")
        constant = members.get("constant", _NOTHING)
        if not members.get("first_of") and constant is _NOTHING:
            self.wrong(f"{place}.first_of", "Say where the value comes from: paths in first_of, or a constant.")
        if members.get("first_of") and constant is not _NOTHING:
            self.wrong(f"{place}.constant", "A field has either paths or a constant. For a fallback use default.")
        part = members.get("part", 1)
        if not isinstance(part, int) or isinstance(part, bool) or part == 0 or not -100 <= part <= 100:
            self.wrong(f"{place}.part", "Say which part to take: 1 is the first, 2 the second, -1 the last.")
            part = 1
        normalizer = str(members.get("normalizer") or ("picklist" if members.get("picklist") else TARGETS[to]))
        try:
            normalizer = registry.versioned(self._pinned.get(normalizer, normalizer))
        except registry.UnknownNormalizer as problem:
            near = difflib.get_close_matches(normalizer, registry.names(), 1)
            self.wrong(f"{place}.normalizer", f"Did you mean {near[0]!r}? {problem}" if near else str(problem))
            normalizer = registry.versioned(TARGETS[to])
        entries = self._entries(to, members.get("picklist"), normalizer, place, picklists)
        on_invalid = members.get("on_invalid", "null")
        rule = FieldRule(
            to=to,
            first_of=first_of,
            concat=self._text(members, "concat", place),
            split=self._text(members, "split", place),
            part=part,
            normalizer=normalizer,
            picklist=members.get("picklist"),
            constant=None if constant is _NOTHING else constant,
            default=members.get("default"),
            required=self.choice(members.get("required", False), f"{place}.required", (True, False), False),
            # YAML reads the bare word null as nothing
            on_invalid=self.choice(on_invalid or "null", f"{place}.on_invalid", get_args(OnInvalid), "null"),
            entries=entries,
        )
        for name, value in (("constant", rule.constant), ("default", rule.default)):
            if value is not None and registry.normalize(normalizer, value, context, entries).value is None:
                allowed = f" Use one of {', '.join(VOCABULARIES[to])}." if to in VOCABULARIES else ""
                self.wrong(f"{place}.{name}", f"{value!r} is no value for {to}.{allowed}")
        return rule

    def _text(self, members: Mapping[str, Any], name: str, place: str) -> str:
        value = members.get(name) or ""
        if not isinstance(value, str) or len(value) > 10:
            self.wrong(f"{place}.{name}", "Write the text that stands between the parts, at most 10 characters.")
            return ""
        return value

    def _entries(
        self, to: str, name: object, normalizer: str, place: str, picklists: dict[str, Picklist]
    ) -> Picklist | None:
        """The picklist of a rule; where the target has fixed words, they are known without an entry."""
        if normalizer.partition("@")[0] not in registry.BY_PICKLIST:
            if name is not None:
                self.wrong(
                    f"{place}.picklist",
                    "A picklist is only read by normalizer: picklist. Remove one of the two.",
                )
            return None
        words = VOCABULARIES.get(to, ())
        if name is None:
            if not words:
                self.wrong(f"{place}.picklist", "Name the picklist that translates the values.")
            return Picklist({}, words)
        if not isinstance(name, str) or name not in picklists:
            if words and name in ("listing_status", "lead_kind"):
                return Picklist({}, words)
            near = difflib.get_close_matches(str(name), picklists, 1)
            hint = f"Did you mean {near[0]!r}?" if near else "Add it under picklists."
            self.wrong(f"{place}.picklist", f"There is no picklist {name!r}. {hint}")
            return None
        entries = picklists[name]
        for word, internal in entries.items() if words else ():
            if internal not in words:
                self.wrong(f"picklists.{name}.{word}", f"{internal!r} is not ours. Use one of {', '.join(words)}.")
        return Picklist(dict(entries), words)


def _is_word(value: object) -> bool:
    return isinstance(value, (str, int, float)) and value != ""
