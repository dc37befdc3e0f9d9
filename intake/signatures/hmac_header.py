"""A keyed hash of the body in a header: the scheme most form makers use, each with other spellings.

Covers, by options: Typeform (base64 with a prefix), Webflow (hex of `{timestamp}:{body}`, milliseconds),
Calendly (one header `t=..,v1=..`, hex of `{timestamp}.{body}`) and the like. (Vendor facts: see each source's
preset.)

Invariant: there is one accepted writing per signature, so a bit changed anywhere in it, in the time or in the
body is refused. An event id is proven only where the template signs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

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
    valid_secrets,
    write_epoch,
)
from intake.signatures.hmac_settings import HmacSettings, read_settings

SHORTEST_SECRET = 8  # some form makers let people choose one; below this it is a guess away
# Calendly's and Stripe's headers hold one or two signatures; a stranger may not make us compare more.
MAX_SIGNATURES = 8


@dataclass(frozen=True, slots=True)
class _Proof:
    """What the request's headers claim."""

    signatures: list[bytes]
    timestamp: str
    signed_at: datetime | None
    event_id: str


class HmacHeader:
    """Scheme `hmac`.

    Options: `header` (required); `algorithm` sha1, sha256 (default) or sha512; `encoding` hex (default, lower
    case), hex_upper or base64; `prefix` before the signature; `key_encoding` text (default), base64 or
    hex; `template` of the signed bytes from {body}, {timestamp} and {event_id}, default {body}, or
    {timestamp}.{body} when there is a time; `timestamp_header`, `timestamp_unit` s (default) or ms,
    `tolerance_seconds` (default 300); `combined` {timestamp: t, signature: v1} when `header` holds both as
    t=..,v1=..; `event_id_header`.
    """

    name = "hmac"
    needs_body_parsed = False

    def options_problems(self, options: Options) -> list[str]:
        settings = read_settings(options)
        return settings if isinstance(settings, list) else []

    def secret_problems(self, value: bytes, options: Options) -> list[str]:
        settings = read_settings(options)
        if isinstance(settings, list):
            return settings
        key = settings.key(value)
        if key is None:
            return [f"The secret is not {settings.key_encoding}, as key_encoding says it is."]
        if len(key) < SHORTEST_SECRET:
            return [f"The secret is shorter than {SHORTEST_SECRET} bytes, so it can be guessed."]
        return []

    def verify(
        self, request: SignedRequest, *, secrets: Sequence[Secret], options: Options, now: datetime
    ) -> Verified | Refused:
        settings = read_settings(options)
        if isinstance(settings, list):
            return misconfigured(settings)
        keys = [(s.id, key) for s in valid_secrets(secrets, now) if (key := settings.key(s.value)) is not None]
        if not keys:
            return no_valid_secret()
        proof = _proof(request, settings)
        if isinstance(proof, Refused):
            return proof
        if proof.signed_at is not None:
            refusal = check_age(proof.signed_at, now=now, tolerance=settings.tolerance)
            if refusal is not None:
                return refusal
        content = settings.content(timestamp=proof.timestamp, event_id=proof.event_id, body=request.body)
        for key_id, key in keys:
            expected = settings.signature(key, content)
            if any(same(expected, one) for one in proof.signatures):
                return Verified(key_id=key_id, event_id=proof.event_id, signed_at=proof.signed_at)
        return Refused("mismatch", f"The signature in {settings.header} does not fit the body.")

    def sign(
        self, request: SignedRequest, *, secret: Secret, options: Options, now: datetime, event_id: str = ""
    ) -> SignedRequest:
        settings = read_settings(options)
        key = None if isinstance(settings, list) else settings.key(secret.value)
        if isinstance(settings, list) or key is None:
            raise ValueError("The secret or the options cannot be used with an HMAC header.")
        timestamp = write_epoch(now, settings.timestamp_unit) if settings.timed else ""
        signature = settings.signature(
            key, settings.content(timestamp=timestamp, event_id=event_id, body=request.body)
        ).decode()
        headers = {**request.headers, settings.header: signature}
        if settings.timestamp_key:
            headers[settings.header] = f"{settings.timestamp_key}={timestamp},{settings.signature_key}={signature}"
        elif settings.timestamp_header:
            headers[settings.timestamp_header] = timestamp
        if settings.event_id_header:
            headers[settings.event_id_header] = event_id
        return replace(request, headers=headers)


def _proof(request: SignedRequest, settings: HmacSettings) -> _Proof | Refused:
    header = request.headers.get(settings.header, "")
    if not header:
        return Refused("missing", f"The header {settings.header} is missing, so the sender cannot be known.")
    if len(header) > MAX_HEADER_LENGTH:
        return Refused("malformed", f"The header {settings.header} is longer than any signature.")
    signatures, timestamp = [header], request.headers.get(settings.timestamp_header, "")
    if settings.timestamp_key:
        pairs = [entry.strip(" ").partition("=") for entry in header.split(",")]
        times = [value for key, _, value in pairs if key == settings.timestamp_key]
        signatures = [value for key, _, value in pairs if key == settings.signature_key and value]
        if len(times) != 1 or not 1 <= len(signatures) <= MAX_SIGNATURES:
            return Refused(
                "malformed",
                f"The header {settings.header} must read "
                f"{settings.timestamp_key}=TIME,{settings.signature_key}=SIGNATURE.",
            )
        timestamp = times[0]
    signed_at = None
    if settings.timed:
        if not timestamp:
            return Refused("missing", f"The header {settings.timestamp_header} with the time is missing.")
        signed_at = read_epoch(timestamp, settings.timestamp_unit)
        if signed_at is None:
            digits = "thirteen digits (milliseconds" if settings.timestamp_unit == "ms" else "ten digits (seconds"
            return Refused("malformed", f"The time of signing must be exactly {digits} since 1970).")
    event_id = request.headers.get(settings.event_id_header, "") if settings.event_id_header else ""
    if settings.event_id_header and not event_id:
        return Refused("missing", f"The header {settings.event_id_header} with the event's id is missing.")
    if event_id and not is_event_id(event_id):
        return Refused("malformed", f"{settings.event_id_header} must be 1 to 255 visible ASCII characters.")
    return _Proof([as_bytes(one) for one in signatures], timestamp, signed_at, event_id)
