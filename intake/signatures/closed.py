"""No webhook at all: the source of files that people upload and of leads that they type in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from intake.signatures.base import Options, Refused, Secret, SignedRequest, unknown_options


class Closed:
    """Scheme `closed`. No options, no secrets; every request is refused."""

    name = "closed"
    needs_body_parsed = False

    def options_problems(self, options: Options) -> list[str]:
        return list(unknown_options(options, frozenset()))

    def secret_problems(self, value: bytes, options: Options) -> list[str]:
        return ["This source takes nothing by webhook, so it has no secret. Give it another scheme first."]

    def verify(self, request: SignedRequest, *, secrets: Sequence[Secret], options: Options, now: datetime) -> Refused:
        return Refused("closed", "This source takes nothing by webhook. Ask its owner for the right address.")

    def sign(
        self, request: SignedRequest, *, secret: Secret, options: Options, now: datetime, event_id: str = ""
    ) -> SignedRequest:
        raise ValueError("A source without a webhook cannot be sent to.")
