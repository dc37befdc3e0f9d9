"""The schemes that compare instead of computing: key in the body, static token, secret address."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from intake.signatures.base import Refused, Secret, SignedRequest, Verified
from intake.signatures.body_key import BodyKey
from intake.signatures.registry import UnknownScheme, names, scheme
from intake.signatures.secret_url import SecretUrl
from intake.signatures.static_token import StaticToken

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
TOKEN = "K7-token_for.the~tests"
SECRET = Secret("k1", TOKEN.encode())
OTHER = Secret("k2", b"another-token-of-ours")
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def post(body: bytes = b"", path: str = "/hooks/ads/", headers=None, query=None) -> SignedRequest:
    return SignedRequest("POST", path, headers or {}, query or {}, body)


def check(name: str, request: SignedRequest, options, *secrets: Secret):
    return scheme(name).verify(request, secrets=secrets or (OTHER, SECRET), options=options, now=NOW)


GOOGLE = {"field": "google_key"}


def test_the_key_is_found_in_a_json_and_in_a_form_body():
    as_json = json.dumps({"lead_id": "1", "google_key": TOKEN}).encode()

    assert check("body_key", post(as_json, headers=JSON), GOOGLE) == Verified("k1")
    assert check("body_key", post(f"a=1&google_key={TOKEN}".encode(), headers=FORM), GOOGLE) == Verified("k1")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"[1]", "missing"),
        (b"{}", "missing"),
        (b'{"google_key":""}', "missing"),
        (b'{"google_key":null}', "missing"),
        (b'{"google_key":5}', "malformed"),
        (b'{"google_key":["K7-token_for.the~tests"]}', "malformed"),
        (b'{"google_key":"K7-token_for.the~test"}', "mismatch"),
        (b'{"google_key":"K7-token_for.the~tests "}', "mismatch"),
        ('{"google_key":"é"}'.encode(), "mismatch"),
        (b'{"google_key":"\\ud800"}', "mismatch"),
        (b'{"inner":{"google_key":"K7-token_for.the~tests"}}', "missing"),
    ],
)
def test_a_body_without_the_key_is_refused(body, code):
    answer = check("body_key", post(body, headers=JSON), GOOGLE)

    assert isinstance(answer, Refused)
    assert answer.code == code
    assert TOKEN not in answer.message


def test_the_key_twice_in_a_form_is_refused():
    body = f"google_key={TOKEN}&google_key={TOKEN}".encode()

    assert check("body_key", post(body, headers=FORM), GOOGLE).code == "malformed"


def test_the_header_token_may_have_a_prefix():
    bearer = {"header": "Authorization", "prefix": "Bearer "}

    assert check("static_token", post(headers={"authorization": f"Bearer {TOKEN}"}), bearer) == Verified("k1")
    assert check("static_token", post(headers={"authorization": TOKEN}), bearer).code == "mismatch"
    assert check("static_token", post(headers={"authorization": f"bearer {TOKEN}"}), bearer).code == "mismatch"
    assert check("static_token", post(), bearer).code == "missing"


def test_the_query_token():
    assert check("static_token", post(query={"token": TOKEN}), {"query": "token"}) == Verified("k1")
    assert check("static_token", post(query={"token": "é\x00"}), {"query": "token"}).code == "mismatch"
    assert check("static_token", post(query={"token": "a" * 5000}), {"query": "token"}).code == "malformed"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"header": "a", "query": "b"},
        {"header": "a b"},
        {"query": ""},
        {"header": "a", "prefix": 5},
        {"x": 1},
    ],
)
def test_static_token_options_must_name_one_place(options):
    assert StaticToken().options_problems(options) != []
    assert check("static_token", post(), options).code == "misconfigured"


@pytest.mark.parametrize("options", [{}, {"field": ""}, {"field": 1}, {"field": "a", "fields": "b"}])
def test_body_key_options_must_name_the_field(options):
    assert BodyKey().options_problems(options) != []
    assert check("body_key", post(b"{}"), options).code == "misconfigured"


@pytest.mark.parametrize("path", [f"/hooks/forms/{TOKEN}/", f"/hooks/forms/{TOKEN}", f"/base/hooks/forms/{TOKEN}/"])
def test_the_secret_is_the_last_part_of_the_address(path):
    assert check("secret_url", post(path=path), {}) == Verified("k1")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "missing"),
        ("/", "missing"),
        ("/hooks/forms/", "missing"),
        (f"/{TOKEN}/", "missing"),
        ("/hooks/forms//", "missing"),
        (f"/hooks/{TOKEN}/", "missing"),
        (f"/hooks/forms/{TOKEN}/more/", "missing"),
        (f"/hooks/forms/{TOKEN}x/", "mismatch"),
        ("/hooks/forms/é\ud800\x00/", "mismatch"),
        ("/hooks/forms/" + "a" * 5000, "malformed"),
    ],
)
def test_another_address_is_refused(path, code):
    answer = check("secret_url", post(path=path), {})

    assert isinstance(answer, Refused)
    assert answer.code == code
    assert TOKEN not in answer.message


@pytest.mark.parametrize(
    ("name", "options", "request_"),
    [
        ("body_key", GOOGLE, post(b'{"lead_id":"1"}', headers=JSON)),
        ("body_key", GOOGLE, post(b"lead_id=1", headers=FORM)),
        ("static_token", {"header": "X-Api-Key"}, post(b"{}")),
        ("static_token", {"query": "token"}, post(b"{}")),
        ("secret_url", {}, post(b"{}", path="/hooks/forms/")),
    ],
)
def test_what_we_send_as_a_sender_is_accepted_and_an_old_key_retires(name, options, request_):
    one = scheme(name).sign(request_, secret=SECRET, options=options, now=NOW)

    assert check(name, one, options) == Verified("k1")
    assert check(name, one, options, OTHER).code == "mismatch"
    assert check(name, one, options, replace(SECRET, not_after=datetime(2026, 11, 1, tzinfo=UTC))).code == (
        "no_valid_secret"
    )
    assert check(name, one, options, Secret("empty", b"")).code == "no_valid_secret"


def test_weak_secrets_are_named():
    assert StaticToken().secret_problems(b"short", {}) == [
        "The secret is shorter than 16 characters, so it can be guessed."
    ]
    assert BodyKey().secret_problems(b"with a blank in the middle", {}) != []
    assert SecretUrl().secret_problems(b"with/a/slash/in/the/middle", {}) != []
    assert SecretUrl().secret_problems(TOKEN.encode(), {}) == []


def test_the_registry_knows_every_scheme_and_names_them_when_asked_for_another():
    assert names() == ("standard_webhooks", "hmac", "meta", "body_key", "static_token", "secret_url", "closed")
    assert all(scheme(name).name == name for name in names())
    assert [name for name in names() if scheme(name).needs_body_parsed] == ["body_key"]
    with pytest.raises(UnknownScheme, match="standard_webhooks, hmac"):
        scheme("md5")
