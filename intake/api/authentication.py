"""Is this request really from the source whose address it was sent to?

The proofs themselves are pure (intake/signatures); here the source and its secrets are looked up. Invariant: whatever
a stranger sends, the answer is 401 or 404 with a plain sentence, never a 500, and nothing but a counter is written.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, NotFound
from rest_framework.request import Request

from intake.models import Source
from intake.secrets import SecretUnavailable, resolve
from intake.signatures.base import Refused, Scheme, Secret, SignedRequest, Verified
from intake.signatures.registry import scheme

# How long a web process may go on with the source and the secrets that it read: a rotated secret or a changed setting
# is in force everywhere after this many seconds, and a burst of leads does not read the same three rows each time.
REMEMBERED_SECONDS = 2.0
# A secret with this key id answers Meta's question and signs nothing.
VERIFY_TOKEN = "verify_token"  # noqa: S105 - the name of a key, not a key


class NotReady(APIException):
    """Our own settings for this source cannot be used."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "not_ready"
    default_detail = "This source is not set up to receive just now. Nothing was accepted; please send it again."


@dataclass(frozen=True, slots=True)
class Door:
    """A source as its webhook needs it: the row, its scheme, its secrets in the clear."""

    source: Source
    scheme: Scheme
    secrets: tuple[Secret, ...]
    verify_tokens: tuple[Secret, ...]


_doors: dict[str, tuple[float, Door]] = {}


def forget_doors() -> None:
    """Read every source anew at its next request."""
    _doors.clear()


def door(slug: str) -> Door:
    """The door of the source called `slug`.

    Raises:
        NotFound: there is no such source.
    """
    found = _doors.get(slug)
    now = time.monotonic()
    if found and now - found[0] < REMEMBERED_SECONDS:
        return found[1]
    source = Source.objects.filter(slug=slug).first()
    if source is None:
        raise NotFound("There is no lead source at this address. Check the address that you were given.")
    secrets: list[Secret] = []
    tokens: list[Secret] = []
    for row in source.secrets.all():
        try:
            value = resolve(row.reference).encode()
        except SecretUnavailable:
            continue  # the other secrets may do; with none left the scheme refuses and says so
        secret = Secret(row.key_id, value, row.not_before, row.not_after)
        (tokens if row.key_id == VERIFY_TOKEN else secrets).append(secret)
    opened = Door(source, scheme(source.scheme), tuple(secrets), tuple(tokens))
    _doors[slug] = (now, opened)
    return opened


def raw_body(request: Request) -> bytes:
    """The body as it came; `RawBytesParser` hands over bytes, and DRF an empty mapping where there is none."""
    data: Any = request.data
    return data if isinstance(data, bytes) else b""


def opened(request: Request) -> Door:
    """The door that this authentic request came through."""
    found: Any = request.auth
    door_found: Door = found[0]
    return door_found


class SourceAuthentication(BaseAuthentication):
    """Verifies the request with the scheme of its source; `request.auth` is (Door, Verified)."""

    def authenticate(self, request: Request) -> tuple[None, tuple[Door, Verified]]:
        found = door(request.parser_context["kwargs"]["source"])
        plain = request._request  # each attribute of DRF's own request costs a detour, and a proof reads many
        signed = SignedRequest(
            method=plain.method or "",
            path=plain.path,
            headers={name.lower(): value for name, value in plain.headers.items()},
            query={name: values[0] for name, values in plain.GET.lists() if values}
            if plain.META.get("QUERY_STRING")
            else {},
            body=raw_body(request),
        )
        verdict = found.scheme.verify(
            signed, secrets=found.secrets, options=found.source.scheme_options, now=timezone.now()
        )
        if isinstance(verdict, Refused):
            if verdict.code in ("misconfigured", "no_valid_secret"):
                raise NotReady  # our mistake, not the sender's: a 401 would make it give up the lead
            raise AuthenticationFailed(verdict.message, code=verdict.code)
        return None, (found, verdict)

    def authenticate_header(self, request: Request) -> str:
        return "Signature"
