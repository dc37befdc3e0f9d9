"""What would be otherwise if a record were mapped another way: per field, and for the keys that it is matched by.

Invariant: every field of every record is counted once, under exactly one of OUTCOMES; nothing here touches a database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from intake.mapping.engine import Mapped
from intake.records import CleanRecord, Problem

# Of a field: the same, another value, one where there was none, none where there was one, or unusable for the first
# time: its value cannot be read, or the record cannot be used for its sake.
OUTCOMES = ("unchanged", "changed", "gained", "lost", "fails")
SAMPLES = 20
# A record that is not found in its delivery any more fails under this name.
WHOLE = "record"


@dataclass(frozen=True, slots=True)
class Understood:
    """What one mapping makes of one record.

    values: by target, only those there are. unusable: targets where something was sent and cannot be used.
    stops: per target why the record cannot be used at all, in words. keys: what it is matched by.
    """

    values: Mapping[str, Any]
    unusable: frozenset[str] = frozenset()
    stops: Mapping[str, str] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


def understood(mapped: Mapped, built: CleanRecord | list[Problem], keys: Iterable[str]) -> Understood:
    """What a mapping made of a record.

    Args:
        mapped: of the engine.
        built: of `intake.records.build`, from the same values.
        keys: its match keys and its id at the provider.
    """
    problems = [*mapped.problems, *(built if isinstance(built, list) else ())]
    return Understood(
        values={target: one.value for target, one in mapped.values.items() if one.value is not None},
        unusable=frozenset(target for target, one in mapped.values.items() if one.value is None),
        stops={problem.target: problem.message for problem in reversed(problems)},
        keys=frozenset(keys),
    )


@dataclass(slots=True)
class Difference:
    """The sum over many records.

    Attributes:
        records: how many were compared.
        fields: per target how many of each outcome.
        stops: per target how many records cannot be used any more for its sake.
        stopped, mended: records that were usable and no longer are, and the other way round.
        rekeyed: records whose match keys differ; those would be found, or made, as somebody else.
        samples: per target and outcome up to SAMPLES of them; under "keys" those of `rekeyed`.
    """

    records: int = 0
    fields: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    stops: Counter[str] = field(default_factory=Counter)
    stopped: int = 0
    mended: int = 0
    rekeyed: int = 0
    samples: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)

    def add(self, name: str, old: Understood | None, new: Understood | None) -> bool:
        """Count one more record.

        Args:
            name: what people call it.
            old: how it is understood now; None where it is not found.
            new: how it would be.

        Returns:
            Whether anything differs.
        """
        self.records += 1
        if new is None:
            new = Understood({}, stops={WHOLE: "The record is not found in its delivery any more."} if old else {})
        old = old or Understood({}, stops={WHOLE: ""})
        differs = False
        for target in sorted(
            {*old.values, *new.values, *(new.unusable - old.unusable), *(new.stops.keys() - old.stops.keys())}
        ):
            outcome = outcome_of(target, old, new)
            self.fields[target][outcome] += 1
            if outcome != "unchanged":
                differs = True
                sample = {"record": name, "old": old.values.get(target), "new": new.values.get(target)}
                if why := new.stops.get(target):
                    sample["why"] = why
                self._keep(target, outcome, sample)
        self.stops.update(new.stops.keys() - old.stops.keys())
        self.stopped += bool(new.stops and not old.stops)
        self.mended += bool(old.stops and not new.stops)
        if old.keys and new.keys and old.keys != new.keys:
            self.rekeyed += 1
            differs = True
            gone, come = sorted(old.keys - new.keys), sorted(new.keys - old.keys)
            self._keep("keys", "changed", {"record": name, "old": ", ".join(gone), "new": ", ".join(come)})
        return differs

    @classmethod
    def resumed(cls, counts: Mapping[str, Any], samples: dict[str, Any]) -> Difference:
        """The sum so far, from what `counts` and `samples` gave."""
        made = cls(**{name: counts[name] for name in ("records", "stopped", "mended", "rekeyed")}, samples=samples)
        made.stops.update(counts["stops"])
        for target, counted in counts["fields"].items():
            made.fields[target].update(counted)
        return made

    def counts(self) -> dict[str, Any]:
        """Everything but the samples, as JSON."""
        return {
            "records": self.records,
            "fields": {target: dict(counted) for target, counted in sorted(self.fields.items())},
            "stops": dict(self.stops),
            "stopped": self.stopped,
            "mended": self.mended,
            "rekeyed": self.rekeyed,
        }

    def _keep(self, target: str, outcome: str, sample: dict[str, Any]) -> None:
        kept = self.samples.setdefault(target, {}).setdefault(outcome, [])
        if len(kept) < SAMPLES:
            kept.append(sample)


def outcome_of(target: str, old: Understood, new: Understood) -> str:
    """Which of OUTCOMES one field of one record has; one that neither side knows is unchanged."""
    if (target in new.stops and target not in old.stops) or (target in new.unusable and target not in old.unusable):
        return "fails"
    before, after = old.values.get(target), new.values.get(target)
    if before is None and after is not None:
        return "gained"
    if before is not None and after is None:
        return "lost"
    return "unchanged" if type(before) is type(after) and before == after else "changed"
