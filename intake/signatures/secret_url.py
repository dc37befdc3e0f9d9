"""A secret web address, for forms that can neither sign nor send a header: `/hooks/<source>/<token>/`.

The token is part of the path, so whoever logs a path of this source logs the secret: access logs must cut it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from intake.signatures.base import (
    MAX_HEADER_LENGTH,
    Options,
    Refused,
    Secret,
    SignedRequest,
    Verified,
    as_bytes,
    misconfigured,
    no_valid_secret,
    unknown_options,
    valid_secrets,
    who_sent,
)
from intake.signatures.static_token import SHORTEST_TOKEN

ROOT = "hooks"
# Characters no server, proxy or form maker writes differently in a path.
_UNRESERVED = re.compile(rb"[A-Za-z0-9._~-]+")


class SecretUrl:
    """Scheme `secret_url`. No options; the secret is the last part of the path, after the source's own
    name."""

    name = "secret_url"
    needs_body_parsed = False

    def options_problems(self, options: Options) -> list[str]:
        return list(unknown_options(options, frozenset()))

    def secret_problems(self, value: bytes, options: Options) -> list[str]:
        problems = []
        if len(value) < SHORTEST_TOKEN:
            problems.append(f"The secret is shorter than {SHORTEST_TOKEN} characters, so it can be guessed.")
        if not _UNRESERVED.fullmatch(value):
            problems.append("A secret in a web address may hold letters, digits and . _ ~ - only.")
        return problems

    def verify(
        self, request: SignedRequest, *, secrets: Sequence[Secret], options: Options, now: datetime
    ) -> Verified | Refused:
        if problems := self.options_problems(options):
            return misconfigured(problems)
        usable = valid_secrets(secrets, now)
        if not usable:
            return no_valid_secret()
        if len(request.path) > MAX_HEADER_LENGTH:
            return Refused("malformed", "The address is longer than any address we give out.")
        parts = request.path.removesuffix("/").split("/")
        if len(parts) < 3 or parts[-3] != ROOT or not parts[-1]:
            return Refused("missing", "The address lacks its secret part: send to the whole address you were given.")
        sender = who_sent(as_bytes(parts[-1]), usable)
        return sender or Refused("mismatch", "This is not an address we gave out, or it was replaced by a newer one.")

    def sign(
        self, request: SignedRequest, *, secret: Secret, options: Options, now: datetime, event_id: str = ""
    ) -> SignedRequest:
        if self.secret_problems(secret.value, options):
            raise ValueError("The secret cannot be part of a web address.")
        return replace(request, path=f"{request.path.rstrip('/')}/{secret.value.decode()}/")
