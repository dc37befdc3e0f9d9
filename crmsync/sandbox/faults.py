"""Faults on request: what a CRM does on a bad day.

A rule says what happens (`RULES`), to which requests (`path`, `method`) and how often: to each with
probability `rate`, or to the next `count`. Dice are seeded per rule, so a run can be repeated.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

# What happens -> whether the request is done all the same.
RULES: Mapping[str, bool] = {
    "status": False,  # refused with `status`
    "retry_after": False,  # refused with 429, Retry-After `seconds` and `policy`
    "latency": True,  # answered after `seconds`
    "reset": False,  # the connection breaks, nothing is done
    "stored_500": True,  # done, but answered `status` (500)
    "stored_reset": True,  # done, but the connection breaks
    "stored_timeout": True,  # done, but not answered for `seconds`
}


@dataclass(slots=True)
class Fault:
    """One rule."""

    rule: str
    status: int = 500
    seconds: float = 15.0
    policy: str = "TEN_SECONDLY_ROLLING"
    rate: float = 1.0
    count: int | None = None
    path: str = ""
    method: str = ""
    seed: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"no rule {self.rule!r}; there are {', '.join(RULES)}")
        if not 0 <= self.rate <= 1:
            raise ValueError("rate is a share between 0 and 1")
        if not 200 <= self.status <= 599:
            raise ValueError("status is an HTTP status")
        if not 0 <= self.seconds <= 600:
            raise ValueError("seconds is between 0 and 600")
        self._dice = random.Random(self.seed)  # noqa: S311 - faults, not secrets

    @classmethod
    def read(cls, given: Mapping[str, object]) -> Fault:
        """Make a rule of what came by API or command line.

        Raises:
            ValueError: it cannot be one.
        """
        kinds = {
            "rule": str,
            "status": int,
            "seconds": float,
            "policy": str,
            "rate": float,
            "count": int,
            "path": str,
            "method": str,
            "seed": int,
        }
        unknown = set(given) - set(kinds)
        if unknown or "rule" not in given:
            raise ValueError(f"a fault has {', '.join(kinds)}; not {', '.join(sorted(unknown)) or 'without rule'}")
        try:
            return cls(**{name: kinds[name](value) for name, value in given.items()})
        except TypeError as problem:
            raise ValueError(str(problem)) from problem

    def strikes(self, method: str, path: str) -> bool:
        if self.path not in path or (self.method and self.method != method):
            return False
        if self.count is not None:
            if self.count <= 0:
                return False
            self.count -= 1
            return True
        return self._dice.random() < self.rate


class Faults:
    """The rules in force; the first that strikes wins."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._rules.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def draw(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, if any."""
        with self._lock:
            return next((fault for fault in self._rules if fault.strikes(method, path)), None)

    def show(self) -> list[dict[str, object]]:
        with self._lock:
            return [{name: value for name, value in asdict(fault).items() if name != "_dice"} for fault in self._rules]
