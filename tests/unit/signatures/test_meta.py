"""Meta's header and its question."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from intake.signatures.base import Refused, Secret, SignedRequest, Verified
from intake.signatures.meta import Meta, answer_challenge

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
SECRET = Secret("app", b"0123456789abcdef0123456789abcdef")
BODY = b'{"object":"page","entry":[]}'
PLAIN = SignedRequest("POST", "/hooks/meta/", {}, {}, BODY)
TOKEN = Secret("token", b"the-word-we-entered")
ASKED = {"hub.mode": "subscribe", "hub.verify_token": "the-word-we-entered", "hub.challenge": "1158201444"}
SCHEME = Meta()


def test_the_header_is_the_hex_of_the_raw_body_with_the_app_secret():
    value = "sha256=" + hmac.new(SECRET.value, BODY, hashlib.sha256).hexdigest()
    request = replace(PLAIN, headers={"x-hub-signature-256": value})

    assert SCHEME.sign(PLAIN, secret=SECRET, options={}, now=NOW) == request
    assert SCHEME.verify(request, secrets=[SECRET], options={}, now=NOW) == Verified("app")
    # Meta escapes non-ASCII in what it signs: only the raw bytes fit, never a body decoded and written again.
    assert SCHEME.verify(replace(request, body=BODY + b"\n"), secrets=[SECRET], options={}, now=NOW).code == (
        "mismatch"
    )


@pytest.mark.parametrize("value", ["", "sha256=", "sha1=00", "sha256=zz", "\ud800", "sha256=" + "0" * 64])
def test_other_headers_are_refused(value):
    request = replace(PLAIN, headers={"x-hub-signature-256": value})

    assert isinstance(SCHEME.verify(request, secrets=[SECRET], options={}, now=NOW), Refused)


def test_the_challenge_is_echoed_to_who_knows_the_token():
    assert answer_challenge(ASKED, verify_tokens=[TOKEN], now=NOW) == "1158201444"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"hub.mode": "unsubscribe"}, "malformed"),
        ({"hub.verify_token": "another word"}, "mismatch"),
        ({"hub.verify_token": "\ud800é\x00"}, "mismatch"),
        ({"hub.challenge": ""}, "malformed"),
        ({"hub.challenge": "<script>"}, "malformed"),
        ({"hub.challenge": "1\n"}, "malformed"),
        ({"hub.challenge": "1" * 257}, "malformed"),
    ],
)
def test_a_wrong_question_gets_no_answer(change, code):
    assert answer_challenge({**ASKED, **change}, verify_tokens=[TOKEN], now=NOW).code == code


def test_an_empty_question_and_an_expired_token_get_no_answer():
    expired = replace(TOKEN, not_after=NOW - timedelta(days=1))

    assert answer_challenge({}, verify_tokens=[TOKEN], now=NOW).code == "malformed"
    assert answer_challenge(ASKED, verify_tokens=[expired], now=NOW).code == "no_valid_secret"
    assert answer_challenge({**ASKED, "hub.verify_token": ""}, verify_tokens=[Secret("e", b"")], now=NOW).code == (
        "no_valid_secret"
    )
