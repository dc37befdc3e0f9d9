"""Whatever a stranger sends, a scheme answers with a value; whatever is changed in a signed request is
noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.signatures.base import Refused, Secret, SignedRequest, Verified
from intake.signatures.meta import answer_challenge
from intake.signatures.registry import scheme

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
SECRET = Secret("k1", b"whsec_bmV3LWtleS1vZi10aGUtd2Vic2l0ZS0wMDAy")
TOKEN = Secret("k1", b"K7-token_for.the~tests")
CASES = {
    "standard_webhooks": ("standard_webhooks", {}, SECRET),
    "typeform": ("hmac", {"header": "x-sig", "encoding": "base64", "prefix": "sha256="}, SECRET),
    "webflow": (
        "hmac",
        {
            "header": "x-sig",
            "timestamp_header": "x-time",
            "timestamp_unit": "ms",
            "template": "{timestamp}:{body}",
        },
        SECRET,
    ),
    "calendly": ("hmac", {"header": "x-sig", "combined": {"timestamp": "t", "signature": "v1"}}, SECRET),
    "meta": ("meta", {}, SECRET),
    "body_key": ("body_key", {"field": "key"}, TOKEN),
    "header_token": ("static_token", {"header": "x-token"}, TOKEN),
    "query_token": ("static_token", {"query": "token"}, TOKEN),
    "secret_url": ("secret_url", {}, TOKEN),
}
PROOF_HEADERS = (
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-sig",
    "x-time",
    "x-hub-signature-256",
    "x-token",
    "content-type",
)
anything = st.one_of(
    st.text(st.characters(), max_size=80),  # with NUL, surrogates and every alphabet
    st.sampled_from(["v1,", "t=,v1=", "sha256=", "1795188600", "1795188600000", "t=1795188600,v1=é"]),
)
requests = st.builds(
    SignedRequest,
    method=st.sampled_from(["POST", "GET", "\x00"]),
    path=st.one_of(anything, st.builds("/hooks/forms/{}/".format, anything)),
    headers=st.dictionaries(st.sampled_from(PROOF_HEADERS), anything),
    query=st.dictionaries(st.sampled_from(["token", "key"]), anything),
    body=st.binary(max_size=200),
)
events = st.from_regex(r"[a-zA-Z0-9_-]{1,40}", fullmatch=True)


@pytest.mark.parametrize("case", CASES)
@given(request=requests)
def test_a_strangers_request_is_refused_and_never_raises(case, request):
    name, options, secret = CASES[case]

    answer = scheme(name).verify(request, secrets=[secret], options=options, now=NOW)

    assert isinstance(answer, Refused)
    assert answer.message.endswith(".")
    assert secret.value.decode() not in answer.message


@pytest.mark.parametrize("case", ["standard_webhooks", "typeform", "webflow", "calendly", "meta"])
@settings(max_examples=300)
@given(data=st.data(), body=st.binary(max_size=300), event_id=events)
def test_one_bit_changed_anywhere_in_body_or_proof_is_refused(case, data, body, event_id):
    name, options, secret = CASES[case]
    plain = SignedRequest("POST", "/hooks/site/", {}, {}, body)
    signed = scheme(name).sign(plain, secret=secret, options=options, now=NOW, event_id=event_id)
    assert isinstance(scheme(name).verify(signed, secrets=[secret], options=options, now=NOW), Verified)
    places = ["body"] * bool(body) + sorted(signed.headers)
    place = data.draw(st.sampled_from(places))
    old = signed.body if place == "body" else signed.headers[place].encode()
    bit = data.draw(st.integers(0, len(old) * 8 - 1))
    new = bytearray(old)
    new[bit // 8] ^= 1 << (bit % 8)
    if place == "body":
        changed = replace(signed, body=bytes(new))
    else:
        changed = replace(signed, headers={**signed.headers, place: new.decode("latin-1")})

    answer = scheme(name).verify(changed, secrets=[secret], options=options, now=NOW)

    assert isinstance(answer, Refused)


@pytest.mark.parametrize("case", CASES)
@given(count=st.integers(1, 5), data=st.data())
def test_rotation_the_right_key_is_named_whatever_its_place_and_only_while_valid(case, count, data):
    name, options, secret = CASES[case]
    keys = [replace(secret, id=f"k{n}", value=secret.value + b"ABCD" * n) for n in range(count)]
    used = data.draw(st.sampled_from(keys))
    headers = {"content-type": "application/json"}
    plain = SignedRequest("POST", "/hooks/site/", headers, {}, b'{"a":1}')
    signed = scheme(name).sign(plain, secret=used, options=options, now=NOW, event_id="evt")
    shuffled = data.draw(st.permutations(keys))
    retired = [replace(one, not_after=NOW - timedelta(seconds=1)) if one == used else one for one in shuffled]

    assert scheme(name).verify(signed, secrets=shuffled, options=options, now=NOW).key_id == used.id
    assert isinstance(scheme(name).verify(signed, secrets=retired, options=options, now=NOW), Refused)


@given(
    options=st.dictionaries(st.text(max_size=20), st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())))
)
def test_options_of_any_kind_are_answered_in_words(options):
    for name in ("standard_webhooks", "hmac", "meta", "body_key", "static_token", "secret_url"):
        problems = scheme(name).options_problems(options)
        assert all(problem.endswith(".") for problem in problems)


@given(query=st.dictionaries(st.sampled_from(["hub.mode", "hub.verify_token", "hub.challenge"]), anything))
def test_a_strangers_challenge_is_never_echoed(query):
    assert isinstance(answer_challenge(query, verify_tokens=[TOKEN], now=NOW), Refused)
