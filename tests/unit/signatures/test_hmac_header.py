"""The configurable HMAC header, with each known sender's spelling and expected values computed by hand with
stdlib."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from intake.signatures.base import Refused, Secret, SignedRequest, Verified
from intake.signatures.hmac_header import HmacHeader

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
KEY = b"a-key-for-the-tests"
SECRET = Secret("k1", KEY)
BODY = b'{"email":"ana@example.com"}'
SECONDS, MILLISECONDS = str(int(NOW.timestamp())), str(int(NOW.timestamp() * 1000))
SCHEME = HmacHeader()

TYPEFORM = {"header": "Typeform-Signature", "encoding": "base64", "prefix": "sha256="}
WEBFLOW = {
    "header": "x-webflow-signature",
    "timestamp_header": "x-webflow-timestamp",
    "timestamp_unit": "ms",
    "template": "{timestamp}:{body}",
}
CALENDLY = {"header": "calendly-webhook-signature", "combined": {"timestamp": "t", "signature": "v1"}}


def request(**headers: str) -> SignedRequest:
    lower = {name.replace("_", "-"): value for name, value in headers.items()}
    return SignedRequest("POST", "/hooks/form/", lower, {}, BODY)


def mac(content: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(KEY, content, getattr(hashlib, algorithm)).digest()


def verify(one: SignedRequest, options: dict[str, object], now: datetime = NOW, secrets=(SECRET,)):
    return SCHEME.verify(one, secrets=secrets, options=options, now=now)


def test_typeform_writes_base64_with_a_prefix():
    value = "sha256=" + base64.b64encode(mac(BODY)).decode()

    assert verify(request(typeform_signature=value), TYPEFORM) == Verified("k1")


def test_webflow_signs_milliseconds_and_a_colon():
    value = mac(f"{MILLISECONDS}:".encode() + BODY).hex()
    one = request(x_webflow_signature=value, x_webflow_timestamp=MILLISECONDS)

    assert verify(one, WEBFLOW) == Verified("k1", signed_at=NOW)
    assert verify(one, WEBFLOW, now=NOW + timedelta(minutes=6)).code == "too_old"
    assert verify(one, WEBFLOW, now=NOW - timedelta(minutes=6)).code == "too_new"


def test_calendly_carries_time_and_signature_in_one_header():
    value = mac(f"{SECONDS}.".encode() + BODY).hex()
    one = request(calendly_webhook_signature=f"t={SECONDS},v1={value}")

    assert verify(one, CALENDLY) == Verified("k1", signed_at=NOW)
    assert verify(request(calendly_webhook_signature=f"t={SECONDS}, v1=00, v1={value}"), CALENDLY).key_id == "k1"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "v1=00",
        "t=1795188600",
        "t=1795188600,t=1795188601,v1=00",
        "t=1795188600,v1=",
        "=",
        ",,,,",
        "t=1795188600,v1=" + "0" * 10_000,
        "t=1795188600" + ",v1=00" * 100,
        "t=1795188600,v1=\u00e9\ud800\x00",
        "t=179518860०,v1=00",
    ],
)
def test_a_combined_header_that_is_none_is_refused(header):
    assert isinstance(verify(request(calendly_webhook_signature=header), CALENDLY), Refused)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "hex_upper", "base64"])
def test_every_algorithm_and_encoding(algorithm, encoding):
    digest = mac(BODY, algorithm)
    text = {
        "hex": digest.hex(),
        "hex_upper": digest.hex().upper(),
        "base64": base64.b64encode(digest).decode(),
    }[encoding]
    options = {"header": "x-sig", "algorithm": algorithm, "encoding": encoding}

    assert verify(request(x_sig=text), options) == Verified("k1")
    assert verify(request(x_sig=text.swapcase()), options).code == "mismatch"
    assert verify(request(x_sig=text[:-1]), options).code == "mismatch"
    assert verify(request(x_sig=text + "," + text), options).code == "mismatch"


@pytest.mark.parametrize("options", [TYPEFORM, WEBFLOW, CALENDLY, {"header": "x", "event_id_header": "x-id"}])
def test_what_we_sign_as_a_sender_is_accepted_at_the_door(options):
    one = SCHEME.sign(request(), secret=SECRET, options=options, now=NOW, event_id="evt-1")

    assert isinstance(verify(one, options), Verified)
    assert verify(replace(one, body=BODY + b" "), options).code == "mismatch"
    assert verify(one, options, secrets=[Secret("other", b"another-key-of-somebody")]).code == "mismatch"


def test_the_event_id_is_taken_from_its_header_and_signed_where_the_template_says_so():
    options = {"header": "x-sig", "event_id_header": "X-Event-Id", "template": "{event_id}.{body}"}
    one = SCHEME.sign(request(), secret=SECRET, options=options, now=NOW, event_id="evt-1")

    assert verify(one, options) == Verified("k1", event_id="evt-1")
    assert verify(replace(one, headers={**one.headers, "x-event-id": "evt-2"}), options).code == "mismatch"
    assert verify(replace(one, headers={"x-sig": one.headers["x-sig"]}), options).code == "missing"
    assert verify(replace(one, headers={**one.headers, "x-event-id": "é"}), options).code == "malformed"


def test_a_key_may_be_entered_as_base64_or_hex():
    for encoding, text in (("base64", base64.b64encode(KEY)), ("hex", KEY.hex().encode())):
        options = {"header": "x-sig", "key_encoding": encoding}
        assert verify(request(x_sig=mac(BODY).hex()), options, secrets=[Secret("k", text)]) == Verified("k")
        assert SCHEME.secret_problems(b"\xff*", options) == [
            f"The secret is not {encoding}, as key_encoding says it is."
        ]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "header must name the header that holds the signature."),
        ({"header": "a b"}, "header is not a header name."),
        ({"header": 5}, "header must be printable ASCII text."),
        ({"header": "x", "algorithm": "md5"}, "algorithm must be one of sha1, sha256, sha512."),
        ({"header": "x", "encoding": "base32"}, "encoding must be one of hex, hex_upper, base64."),
        ({"header": "x", "template": "body"}, "template must hold {body} exactly once."),
        (
            {"header": "x", "template": "{body}{url}"},
            "template knows {body}, {timestamp} and {event_id} only.",
        ),
        (
            {"header": "x", "tolerance_seconds": 0},
            "tolerance_seconds must be a whole number from 1 to 86400.",
        ),
        (
            {"header": "x", "tolerance_seconds": True},
            "tolerance_seconds must be a whole number from 1 to 86400.",
        ),
        ({"header": "x", "combined": "t,v1"}, "combined must hold timestamp and signature"),
        ({"header": "x", "timestamp_header": "y", "template": "{body}"}, "an unsigned time proves nothing."),
        ({"header": "x", "template": "{timestamp}{body}"}, "template must hold {timestamp} when"),
        (
            {"header": "x", "template": "{event_id}{body}"},
            "event_id_header must name the header it comes in.",
        ),
        ({"header": "x", "tolerence_seconds": 10}, "There is no option 'tolerence_seconds' in this scheme."),
    ],
)
def test_options_that_cannot_be_used_are_named_in_words_and_refuse_every_request(options, problem):
    assert any(problem in one for one in SCHEME.options_problems(options))
    assert verify(request(x="anything"), options).code == "misconfigured"
    with pytest.raises(ValueError, match="cannot be used"):
        SCHEME.sign(request(), secret=SECRET, options=options, now=NOW)


@pytest.mark.parametrize("options", [TYPEFORM, WEBFLOW, CALENDLY])
def test_the_known_senders_options_have_no_problem(options):
    assert SCHEME.options_problems(options) == []
