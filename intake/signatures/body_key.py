"""A key inside the body: the sender repeats a shared secret in a field (Google lead forms: `google_key`).

Vendor fact: developers.google.com/google-ads/webhook/docs/implementation. The body is not signed, so this
proves who sent, not that nothing was changed on the way: TLS has to do that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

import orjson

from intake.mapping.decode import Unreadable, decode
from intake.signatures.base import (
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
from intake.signatures.static_token import token_problems


class BodyKey:
    """Scheme `body_key`. Option: `field`, the name of the field on the top level of the JSON or form body."""

    name = "body_key"
    needs_body_parsed = True

    def options_problems(self, options: Options) -> list[str]:
        problems = list(unknown_options(options, frozenset({"field"})))
        field = options.get("field")
        if not isinstance(field, str) or not field.strip():
            problems.append("field must name the field of the body that holds the key.")
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
        field = str(options["field"])
        try:
            record = decode(request.body, request.headers.get("content-type", ""))
        except Unreadable as problem:
            return Refused("malformed", f"The key lies inside the body, and the body cannot be read. {problem}")
        given = record.get(field) if isinstance(record, dict) else None
        if given is None or given == "":
            return Refused("missing", f"The field {field} is missing, so the sender cannot be known.")
        if not isinstance(given, str):
            return Refused("malformed", f"The field {field} must be one text.")
        sender = who_sent(as_bytes(given), usable)
        return sender or Refused("mismatch", f"The field {field} does not hold this source's key.")

    def sign(
        self, request: SignedRequest, *, secret: Secret, options: Options, now: datetime, event_id: str = ""
    ) -> SignedRequest:
        if problems := self.options_problems(options):
            raise ValueError(" ".join(problems))
        field, key = str(options["field"]), secret.value.decode()
        if "urlencoded" in request.headers.get("content-type", ""):
            pair = urlencode({field: key}).encode()
            return replace(request, body=request.body + b"&" + pair if request.body else pair)
        record = orjson.loads(request.body)
        if not isinstance(record, dict):
            raise ValueError("Only a JSON object or a form can hold a key in its body.")
        return replace(request, body=orjson.dumps({**record, field: key}))
