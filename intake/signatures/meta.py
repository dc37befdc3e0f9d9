"""Meta (Facebook, Instagram): `X-Hub-Signature-256`, and the question Meta asks once before it sends
anything.

Vendor fact (K in our reference, not checked against the live service): the header is `sha256=` and the
lower-case hex of HMAC-SHA256(app secret, raw body); the question is a GET with hub.mode=subscribe,
hub.verify_token and hub.challenge, and the answer is the challenge as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from intake.signatures.base import (
    Options,
    Refused,
    Secret,
    SignedRequest,
    Verified,
    as_bytes,
    misconfigured,
    no_valid_secret,
    same,
    unknown_options,
    valid_secrets,
)
from intake.signatures.hmac_header import HmacHeader

# Meta sends a number. What we echo is a stranger's text in our answer, so nothing that could be markup
# passes.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,256}")
_SIGNATURE: Options = {"header": "x-hub-signature-256", "prefix": "sha256="}
_HMAC = HmacHeader()


class Meta:
    """Scheme `meta`. No options; the secret is the app secret. Meta signs no time, so a repeat is found by
    its lead id."""

    name = "meta"
    needs_body_parsed = False

    def options_problems(self, options: Options) -> list[str]:
        return list(unknown_options(options, frozenset()))

    def secret_problems(self, value: bytes, options: Options) -> list[str]:
        return _HMAC.secret_problems(value, _SIGNATURE)

    def verify(
        self, request: SignedRequest, *, secrets: Sequence[Secret], options: Options, now: datetime
    ) -> Verified | Refused:
        if problems := self.options_problems(options):
            return misconfigured(problems)
        return _HMAC.verify(request, secrets=secrets, options=_SIGNATURE, now=now)

    def sign(
        self, request: SignedRequest, *, secret: Secret, options: Options, now: datetime, event_id: str = ""
    ) -> SignedRequest:
        return _HMAC.sign(request, secret=secret, options=_SIGNATURE, now=now)


def answer_challenge(query: Mapping[str, str], *, verify_tokens: Sequence[Secret], now: datetime) -> str | Refused:
    """The text to answer Meta's GET with (as text/plain), or why not.

    Args:
        query: the query parameters of the GET.
        verify_tokens: the tokens entered at Meta; any that is valid at `now` will do.
    """
    tokens = valid_secrets(verify_tokens, now)
    if not tokens:
        return no_valid_secret()
    if query.get("hub.mode") != "subscribe":
        return Refused("malformed", "hub.mode must be subscribe.")
    given = as_bytes(query.get("hub.verify_token", ""))
    if not any(same(token.value, given) for token in tokens):
        return Refused("mismatch", "hub.verify_token is not the token entered for this source.")
    challenge = query.get("hub.challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        return Refused("malformed", "hub.challenge must be 1 to 256 letters, digits, dashes or underscores.")
    return challenge
