"""What every data provider can be asked, in our words.

Adapters translate: they never decide, retry or sleep, and raise only `crmsync.transport.errors`. A question costs
money, so an outcome that is not known is Ambiguous, and nobody asks again by himself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from crmsync.crms.base import Checked
from crmsync.enriching import PHONE_CHECKS

# Services whose answers bear our reference, so that one call can ask for many records.
REFERENCED = frozenset({"trace", "lookup", "check_address"})


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to find out about one record.

    Attributes:
        service: what is asked, of `crmsync.options.Service`.
        reference: ours, given back with the answer.
        values: what we know of the record, in our names, empty values left out; `phones` and `emails` are lists.
    """

    service: str
    reference: str
    values: Mapping[str, Any]

    @property
    def units(self) -> int:
        """How many things may be billed: each number of a check of phones, else one."""
        return len(self.values["phones"]) if self.service in PHONE_CHECKS else 1


@dataclass(frozen=True, slots=True)
class Found:
    """One value of an answer.

    Attributes:
        field: our name of it; of a check `phone_active`, `phone_dnc`, `phone_litigator` or `address_valid`.
        value: as we store it; of a check "yes" or "no".
        about: of a check, or of what is said of one number: the number, E.164.
        confidence: 0 to 1.
    """

    field: str
    value: str
    about: str = ""
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said. `billed` counts matches or numbers, as the provider counts them."""

    found: Sequence[Found] = ()
    billed: int = 0


class Provider(Protocol):
    """One account at a provider."""

    def ask(self, question: Question) -> Answer:
        """Ask, and wait for the answer. Billed."""

    def submit(self, questions: Sequence[Question], callback: str) -> str:
        """Ask many questions of one service at once; the answers go to the address `callback`. Billed.

        Returns:
            The provider's name of this request, which the answers will bear.
        """

    def read(self, service: str, body: Mapping[str, Any]) -> tuple[str, Mapping[str, Answer]]:
        """Read what was sent to the callback: the request's name, and the answers by our references.

        Raises:
            Permanent: it is no such answer.
        """

    def check(self) -> Checked:
        """Say whether it can be asked, without asking anything that is billed. Never raises a `CrmError`."""
