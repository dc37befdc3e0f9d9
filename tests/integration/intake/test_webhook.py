"""The door: what an authentic sender sends is stored and answered 200, whatever it is; nobody else leaves a trace."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from intake.api import throttling, views
from intake.models import Acceptance, Delivery, Refusal, Source
from intake.services import process
from intake.signatures.base import Secret, SignedRequest
from intake.signatures.registry import scheme
from tests import factories
from tests.integration.intake.senders import sender

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-forty-characters-for-the-test"


@pytest.fixture
def website() -> Source:
    source = sender(slug="website", scheme="static_token", scheme_options={"header": "X-Token"})
    factories.source_secret(source=source, secret=SECRET)
    return source


def post(body: bytes, slug: str = "website", token: str = SECRET, **extra: Any) -> Any:
    extra.setdefault("content_type", "application/json")
    return Client(raise_request_exception=False).generic(
        "POST", f"/hooks/{slug}/", body, headers={"X-Token": token}, **extra
    )


def test_an_authentic_lead_is_stored_byte_for_byte_and_answered_at_once(website: Source) -> None:
    body = b' {"email": "ann@example.com"}\n'

    answer = post(body)

    delivery = Delivery.objects.get()
    assert (answer.status_code, answer.json()) == (200, {"status": "accepted", "delivery": str(delivery.public_id)})
    assert (bytes(delivery.body), delivery.source, delivery.key_id) == (body, website, "main")
    assert Acceptance.objects.filter(kind="delivery", delivery_id=delivery.pk).count() == 1


def test_an_address_without_its_last_slash_takes_the_lead_too(website: Source) -> None:
    answer = Client().generic(
        "POST", "/hooks/website", b'{"id": "1"}', headers={"X-Token": SECRET}, content_type="application/json"
    )

    assert answer.status_code == 200
    assert bytes(Delivery.objects.get().body) == b'{"id": "1"}'


def test_a_repeat_answers_duplicate_and_changes_nothing(website: Source) -> None:
    first = post(b'{"id": "1"}').json()

    again = post(b'{"id": "1"}')

    assert (again.status_code, again.json()) == (200, {"status": "duplicate", "delivery": first["delivery"]})
    assert (Delivery.objects.count(), Acceptance.objects.count()) == (1, 1)


def test_what_is_authentic_but_unreadable_is_accepted_and_becomes_a_dead_letter(website: Source) -> None:
    answer = post(b"\xff\xfe not json at all")

    process.drain()

    assert answer.status_code == 200
    assert Delivery.objects.get().state == Delivery.State.DEAD


@pytest.mark.parametrize(
    ("code", "status", "change"),
    [
        ("mismatch", 401, {"token": "wrong" * 9}),
        ("too_large", 413, {"body": b"x" * (1024 * 1024 + 1)}),
        ("unsupported_media_type", 415, {"content_type": "image/png"}),
        ("not_found", 404, {"slug": "nobody"}),
    ],
)
def test_who_is_turned_away_gets_a_sentence_and_leaves_only_a_count(
    website: Source, code: str, status: int, change: dict[str, Any]
) -> None:
    answer = post(**{"body": b"{}", **change})

    assert answer.status_code == status
    assert answer.json()["detail"].endswith(".")
    assert (Delivery.objects.count(), Acceptance.objects.count()) == (0, 0)
    refusal = Refusal.objects.get()
    assert (refusal.source, refusal.code, refusal.count) == ("?" if status == 404 else "website", code, 1)


def test_refusals_add_up(website: Source) -> None:
    for _ in range(3):
        post(b"{}", token="wrong" * 9)

    assert Refusal.objects.get().count == 3


def test_a_source_may_be_told_to_send_less(website: Source) -> None:
    Source.objects.update(max_bytes=10)

    assert post(b'{"email": "ann@example.com"}').status_code == 413
    assert Delivery.objects.count() == 0


def test_a_sender_gone_mad_is_slowed_down(website: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    Source.objects.update(per_minute=2)
    monkeypatch.setattr(throttling.SourceThrottle, "timer", staticmethod(lambda: 90.0))

    answers = [post(json.dumps({"id": number}).encode()) for number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "30"
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize("moment", ["door", "receive"])
def test_a_database_that_is_down_answers_503_and_accepts_nothing(
    website: Source, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def down(*_: Any, **__: Any) -> Any:
        raise OperationalError("the server is down")

    if moment == "door":
        monkeypatch.setattr("intake.api.authentication.door", down)
    else:
        monkeypatch.setattr(views, "receive", down)

    answer = post(b"{}")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "send it again" in answer.json()["detail"]
    assert Delivery.objects.count() == 0


def test_who_queues_behind_a_database_that_just_failed_is_told_at_once_and_the_next_tries_again(
    website: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bytes] = []

    def down(_: Source, body: bytes, **__: Any) -> Any:
        tried.append(body)
        raise OperationalError("the server hangs")

    clock = [100.0]
    monkeypatch.setattr("intake.api.outage.time", SimpleNamespace(monotonic=lambda: clock[0]))
    with monkeypatch.context() as patch:
        patch.setattr(views, "receive", down)
        waited, queued = post(b"first"), post(b"queued")
    assert [(one.status_code, one["Retry-After"]) for one in (waited, queued)] == [(503, "5")] * 2
    assert set(tried) == {b"first"}
    assert (Delivery.objects.count(), Refusal.objects.count()) == (0, 0)

    clock[0] += 1.5
    assert post(b"queued").status_code == 200
    assert bytes(Delivery.objects.get().body) == b"queued"


def test_the_same_event_id_with_other_content_is_kept_beside_the_first() -> None:
    source = sender(slug="website", scheme="standard_webhooks")
    secret = factories.source_secret(source=source, secret="whsec_" + "c3RhbmRhcmQtd2ViaG9va3MtdGVzdA==")
    assert secret.key_id == "main"

    answers = [signed(source, {"id": "1", "message": text}) for text in ("one", "one", "two")]

    assert [answer.json()["status"] for answer in answers] == ["accepted", "duplicate", "accepted"]
    process.drain()
    assert sorted(source.items.values_list("state", flat=True)) == ["conflict", "dead_letter"]


def signed(source: Source, record: dict[str, Any]) -> Any:
    request = scheme(source.scheme).sign(
        SignedRequest("POST", f"/hooks/{source.slug}/", {}, {}, json.dumps(record).encode()),
        secret=Secret("main", b"whsec_c3RhbmRhcmQtd2ViaG9va3MtdGVzdA=="),
        options={},
        now=timezone.now(),
        event_id="msg_1",
    )
    return Client().generic(
        "POST", request.path, request.body, content_type="application/json", headers=dict(request.headers)
    )


def test_metas_question_is_answered_with_its_challenge() -> None:
    source = sender(slug="meta", scheme="meta")
    factories.source_secret(source=source, secret=SECRET)
    factories.source_secret(source=source, key_id="verify_token", secret="the-token-entered-at-meta")
    question = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}

    answer = Client().get("/hooks/meta/", {**question, "hub.verify_token": "the-token-entered-at-meta"})
    refused = Client().get("/hooks/meta/", {**question, "hub.verify_token": "a-guess"})

    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert refused.status_code == 401
    assert Delivery.objects.count() == 0


def test_a_get_of_any_other_source_is_refused(website: Source) -> None:
    assert Client().get("/hooks/website/").status_code == 405


def test_no_secret_or_signature_is_kept_with_a_delivery(website: Source) -> None:
    post(b"{}", HTTP_AUTHORIZATION="Bearer very-secret", HTTP_COOKIE="session=1")

    kept = json.dumps(Delivery.objects.get().headers)
    assert SECRET not in kept
    assert "very-secret" not in kept


def test_a_source_whose_secret_we_lack_is_asked_to_send_again(website: Source) -> None:
    website.secrets.all().delete()

    answer = post(b"{}")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert Refusal.objects.get().code == "not_ready"
    assert Delivery.objects.count() == 0
