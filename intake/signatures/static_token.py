"""A shared secret sent along as it is, in a header or a query parameter, by senders that cannot sign."""

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

# A token travels with every request and is never hashed: 16 random characters are the least that cannot be
# guessed.
SHORTEST_TOKEN = 16
_VISIBLE = re.compile(rb"[!-~]+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class StaticToken:
    """Scheme `static_token`. Options: `header` or `query` (exactly one), and `prefix` before the token
    ("Bearer ")."""

    name = "static_token"
    needs_body_parsed = False

    def options_problems(self, options: Options) -> list[str]:
        problems = list(unknown_options(options, frozenset({"header", "query", "prefix"})))
        header, query, prefix = options.get("header"), options.get("query"), options.get("prefix", "")
        if (header is None) == (query is None):
            problems.append("Name either the header or the query parameter that holds the token.")
        if header is not None and not (isinstance(header, str) and _HEADER_NAME.fullmatch(header)):
            problems.append("header is not a header name.")
        if query is not None and not (isinstance(query, str) and query):
            problems.append("query must be the name of a query parameter.")
        if not isinstance(prefix, str) or not prefix.isascii():
            problems.append("prefix must be ASCII text.")
        return problems

    def secret_problems(self, value: bytes, options: Options) -> list[str]:
        return token_problems(value)

    def verify(
        self, request: SignedRequest, *, secrets: Sequence[Secret], options: Options, now: datetime
    ) -> Verified | Refused:
        if problems := self.options_problems(options):
            return misconfigured(problems)
        usable = valid_secrets(secrets, now)
        if not usable:
            return no_valid_secret()
        if (header := options.get("header")) is not None:
            place, given = f"header {header}", request.headers.get(str(header).lower(), "")
        else:
            place, given = f"query parameter {options['query']}", request.query.get(str(options["query"]), "")
        if not given:
            return Refused("missing", f"The {place} is missing, so the sender cannot be known.")
        if len(given) > MAX_HEADER_LENGTH:
            return Refused("malformed", f"The {place} is longer than any token.")
        prefix = as_bytes(str(options.get("prefix", "")))
        sender = who_sent(as_bytes(given), usable, prefix=prefix)
        return sender or Refused("mismatch", f"The {place} does not hold this source's token.")

    def sign(
        self, request: SignedRequest, *, secret: Secret, options: Options, now: datetime, event_id: str = ""
    ) -> SignedRequest:
        if problems := self.options_problems(options):
            raise ValueError(" ".join(problems))
        token = f"{options.get('prefix', '')}{secret.value.decode()}"
        if (header := options.get("header")) is not None:
            return replace(request, headers={**request.headers, str(header).lower(): token})
        return replace(request, query={**request.query, str(options["query"]): token})


def token_problems(value: bytes) -> list[str]:
    """What is wrong with a token that is sent as it is (also used by the key in the body)."""
    problems = []
    if len(value) < SHORTEST_TOKEN:
        problems.append(f"The secret is shorter than {SHORTEST_TOKEN} characters, so it can be guessed.")
    if not _VISIBLE.fullmatch(value):
        problems.append("The secret must be visible ASCII characters without blanks.")
    return problems
