"""Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, several signatures in one header, several valid
secrets.

The specification: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md. Stricter than
its Python library where that library raises or is lenient: a timestamp is exactly ten digits, an id holds no
full stop (it divides the signed parts), a signature is canonical base64, and nothing a stranger writes
raises.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from intake.signatures.base import (
    MAX_HEADER_LENGTH,
    Options,
    Refused,
    Secret,
    SignedRequest,
    Verified,
    as_bytes,
    check_age,
    is_event_id,
    misconfigured,
    no_valid_secret,
    read_epoch,
    same,
    unknown_options,
    valid_secrets,
    write_epoch,
)

TOLERANCE = timedelta(minutes=5)  # what the specification and its libraries use
SECRET_PREFIX = b"whsec_"
# The specification asks for 24 to 64 bytes; fewer can be guessed.
SHORTEST_SECRET, LONGEST_SECRET = 24, 64
# A sender signs with each of its valid keys; more than a handful is a stranger asking us to compare all day.
MAX_SIGNATURES = 16
HEADER_PREFIXES = ("webhook", "svix")  # Svix's own senders still write the older names


class StandardWebhooks:
    """Scheme `standard_webhooks`. Option: `header_prefix`, `webhook` (default) or `svix`."""

    name = "standard_webhooks"
    needs_body_parsed = False

    def options_problems(self, options: Options) -> list[str]:
        problems = list(unknown_options(options, frozenset({"header_prefix"})))
        if options.get("header_prefix", "webhook") not in HEADER_PREFIXES:
            problems.append("header_prefix must be webhook or svix.")
        return problems

    def secret_problems(self, value: bytes, options: Options) -> list[str]:
        key = _key(value)
        if key is None:
            return ["A Standard Webhooks secret is base64, usually after whsec_; this text is not base64."]
        if not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
            return [
                f"A Standard Webhooks secret holds {SHORTEST_SECRET} to {LONGEST_SECRET} bytes; "
                f"this one holds {len(key)}."
            ]
        return []

    def verify(
        self, request: SignedRequest, *, secrets: Sequence[Secret], options: Options, now: datetime
    ) -> Verified | Refused:
        if problems := self.options_problems(options):
            return misconfigured(problems)
        keys = [(secret.id, key) for secret in valid_secrets(secrets, now) if (key := _key(secret.value)) is not None]
        if not keys:
            return no_valid_secret()
        prefix = str(options.get("header_prefix", "webhook"))
        found: dict[str, str] = {}
        for part in ("id", "timestamp", "signature"):
            value = request.headers.get(f"{prefix}-{part}", "")
            if not value:
                return Refused("missing", f"The header {prefix}-{part} is missing, so the sender cannot be known.")
            found[part] = value
        if not is_event_id(found["id"]) or "." in found["id"]:
            return Refused("malformed", f"{prefix}-id must be 1 to 255 visible ASCII characters without a full stop.")
        signed_at = read_epoch(found["timestamp"], "s")
        if signed_at is None:
            return Refused("malformed", f"{prefix}-timestamp must be exactly ten digits: seconds since 1970.")
        if refusal := check_age(signed_at, now=now, tolerance=TOLERANCE):
            return refusal
        given = _signatures(found["signature"])
        if not given:
            return Refused(
                "malformed",
                f"{prefix}-signature must hold one to {MAX_SIGNATURES} signatures such as v1,BASE64, "
                "with one blank between them.",
            )
        content = _content(found["id"], found["timestamp"], request.body)
        for key_id, key in keys:
            expected = _signature(key, content)
            if any(same(expected, one) for one in given):
                return Verified(key_id=key_id, event_id=found["id"], signed_at=signed_at)
        return Refused("mismatch", "No signature in the request fits its id, timestamp and body.")

    def sign(
        self, request: SignedRequest, *, secret: Secret, options: Options, now: datetime, event_id: str = ""
    ) -> SignedRequest:
        key = _key(secret.value)
        if key is None or self.options_problems(options) or not is_event_id(event_id) or "." in event_id:
            raise ValueError("The secret, the options or the event id cannot be used with Standard Webhooks.")
        prefix = str(options.get("header_prefix", "webhook"))
        timestamp = write_epoch(now, "s")
        signature = _signature(key, _content(event_id, timestamp, request.body)).decode()
        headers = {
            f"{prefix}-id": event_id,
            f"{prefix}-timestamp": timestamp,
            f"{prefix}-signature": f"v1,{signature}",
        }
        return replace(request, headers={**request.headers, **headers})


def _key(value: bytes) -> bytes | None:
    """The bytes behind `whsec_...`; as in the specification's library, padding may be missing and so may the
    prefix."""
    text = value.strip().removeprefix(SECRET_PREFIX).rstrip(b"=")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True) or None
    except binascii.Error:
        return None


def _content(event_id: str, timestamp: str, body: bytes) -> bytes:
    return b".".join((event_id.encode(), timestamp.encode(), body))


def _signature(key: bytes, content: bytes) -> bytes:
    """The base64 text: comparing text leaves one writing per signature, where decoding would allow
    several."""
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest())


def _signatures(header: str) -> list[bytes]:
    """The v1 signatures in the header; other versions (v1a is asymmetric) are passed over. Empty when it is
    not a list."""
    if len(header) > MAX_HEADER_LENGTH:
        return []
    entries = header.split(" ")
    if len(entries) > MAX_SIGNATURES:
        return []
    pairs = [entry.partition(",") for entry in entries]
    return [as_bytes(signature) for version, _, signature in pairs if version == "v1" and signature]
