"""A source asks what became of its lead, in words, and learns nothing of anybody else's."""

from __future__ import annotations

import base64
import uuid
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from intake.api.read import ReadThrottle
from intake.models import Delivery, Item, Lead, Source, SourceReader, TrailStep
from intake.services.allow_reading import allow_reading
from tests import factories
from trail.models import AuditEntry
from trail.record import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet() -> None:
    """The throttle counts by user id in the process's cache, and tests use the same ids again."""
    cache.clear()


@pytest.fixture
def lead() -> Lead:
    return factories.lead()


def asking(*sources: Source) -> APIClient:
    client = APIClient()
    for source in sources:
        token = allow_reading(f"integration-{sources[0].slug}", source, by=Actor(name="test"))
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def test_a_source_reads_how_far_its_lead_is(lead: Lead) -> None:
    TrailStep.objects.filter(lead=lead).delete()
    step = TrailStep.objects.create(lead=lead, step=TrailStep.Step.CRM_CREATED, proof={"id": "secret to others"})
    Item.objects.filter(pk=lead.item_id).update(state=Item.State.IN_CRM)

    response = asking(lead.source).get(f"/api/leads/{lead.pk}/")

    assert response.status_code == 200
    answer = response.json()
    assert answer.pop("received_at")
    assert answer.pop("occurred_at")
    assert answer.pop("steps")[0].items() >= {"step": "CRM_CREATED", "says": "Created in the CRM"}.items()
    assert answer == {
        "id": lead.pk,
        "reference": f"L-{lead.pk}",
        "source": lead.source.slug,
        "delivery": str(lead.item.delivery.public_id),
        "record_id": lead.item.record_id,
        "state": "in_crm",
        "says": "In the CRM.",
        "problems": [],
    }
    assert step.proof["id"] not in response.content.decode()


def test_no_answer_repeats_personal_data(lead: Lead) -> None:
    client = asking(lead.source)

    for address in (f"/api/leads/{lead.pk}/", "/api/leads/", f"/api/deliveries/{lead.item.delivery.public_id}/"):
        said = client.get(address).content.decode()
        for point in lead.contact.points.all():
            assert point.value not in said
        assert not lead.contact.last_name or lead.contact.last_name not in said


def test_a_delivery_lists_its_records_with_their_reasons(lead: Lead) -> None:
    delivery = lead.item.delivery
    factories.item(delivery=delivery, state=Item.State.DEAD_LETTER, position=7, problems=["It has no e-mail."])

    answer = asking(lead.source).get(f"/api/deliveries/{delivery.public_id}/").json()

    assert answer["delivery"] == str(delivery.public_id)
    assert answer["items_total"] == 2
    assert [(one["lead"], one["problems"]) for one in answer["items"]] == [(lead.pk, []), (None, ["It has no e-mail."])]
    assert answer["items"][1]["says"] == "Kept, but it could not be used yet; a person will look at it."


def test_an_unreadable_delivery_says_why(lead: Lead) -> None:
    delivery = lead.item.delivery
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.DEAD, error_message="This is not JSON.")

    answer = asking(lead.source).get(f"/api/deliveries/{delivery.public_id}/").json()

    assert (answer["state"], answer["problem"]) == ("dead", "This is not JSON.")
    assert answer["says"].startswith("Kept, but it could not be read")


@pytest.mark.parametrize("state", [*Item.State])
def test_every_state_is_said_in_words(lead: Lead, state: str) -> None:
    Item.objects.filter(pk=lead.item_id).update(state=state)

    assert asking(lead.source).get(f"/api/leads/{lead.pk}/").json()["says"].endswith(".")


def test_a_token_sees_its_own_sources_only(lead: Lead) -> None:
    other = factories.lead()
    client = asking(lead.source)

    assert client.get(f"/api/leads/{other.pk}/").status_code == 404
    assert client.get(f"/api/deliveries/{other.item.delivery.public_id}/").status_code == 404
    assert [one["id"] for one in client.get("/api/leads/").json()["results"]] == [lead.pk]
    assert client.get("/api/leads/", {"delivery": str(other.item.delivery.public_id)}).json()["results"] == []


def test_a_token_may_read_several_sources(lead: Lead) -> None:
    other = factories.lead()

    answer = asking(lead.source, other.source).get("/api/leads/").json()

    assert [one["id"] for one in answer["results"]] == [other.pk, lead.pk]


def test_leads_of_one_delivery_are_found(lead: Lead) -> None:
    factories.lead(item=factories.item(source=lead.source))

    answer = asking(lead.source).get("/api/leads/", {"delivery": str(lead.item.delivery.public_id)}).json()

    assert [one["id"] for one in answer["results"]] == [lead.pk]


def test_a_question_that_is_none_is_answered_with_a_sentence(lead: Lead) -> None:
    response = asking(lead.source).get("/api/leads/", {"delivery": "yesterday's"})

    assert response.status_code == 400
    assert response.json() == {"detail": "delivery must be the id that the webhook answered with."}


def test_without_a_token_in_force_nothing_is_told(lead: Lead) -> None:
    client = asking(lead.source)
    User.objects.update(is_active=False)

    assert client.get("/api/leads/").status_code == 401
    assert APIClient().get("/api/leads/").status_code == 401
    assert APIClient().get(f"/api/leads/{lead.pk}/").status_code == 401
    assert APIClient().get(f"/api/deliveries/{uuid.uuid4()}/").status_code == 401


def test_a_role_alone_reads_nothing_here(lead: Lead) -> None:
    boss = User.objects.create_superuser("boss")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=boss).key}")

    assert client.get(f"/api/leads/{lead.pk}/").status_code == 404


def test_nothing_can_be_changed_here(lead: Lead) -> None:
    client = asking(lead.source)

    for method in (client.post, client.put, client.patch, client.delete):
        assert method(f"/api/leads/{lead.pk}/").status_code == 405
    assert Lead.objects.count() == 1


def test_too_many_questions_a_minute_are_told_to_wait(lead: Lead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReadThrottle, "THROTTLE_RATES", {"read_api": "2/min"})
    client = asking(lead.source)

    answers = [client.get("/api/leads/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


def test_pages_of_leads_take_a_fixed_number_of_queries(lead: Lead, django_assert_num_queries: Any) -> None:
    for _ in range(4):
        factories.lead(item=factories.item(source=lead.source))
    client = asking(lead.source)

    with django_assert_num_queries(3):  # the token, the leads, their steps
        assert len(client.get("/api/leads/").json()["results"]) == 5


def test_the_command_prints_a_token_and_leaves_an_audit_entry(lead: Lead) -> None:
    slug, out = lead.source.slug, StringIO()

    call_command("allow_reading", "portal", slug, stdout=out)
    call_command("allow_reading", "portal", slug, stdout=StringIO())

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {out.getvalue().strip()}")
    assert client.get(f"/api/leads/{lead.pk}/").status_code == 200
    assert not User.objects.get(username="portal").has_usable_password()
    assert AuditEntry.objects.filter(action="source.reader_added", detail={"login": "portal"}).count() == 1


def test_the_command_gives_nothing_when_a_source_is_not_there(lead: Lead) -> None:
    with pytest.raises(CommandError, match="There is no source 'nobody'"):
        call_command("allow_reading", "portal", lead.source.slug, "nobody")

    assert SourceReader.objects.count() == Token.objects.count() == User.objects.filter(username="portal").count() == 0


@pytest.mark.parametrize("cursor", ["p=abc", "p=%00", "r=1&p=x", "p=1e400", f"p={'9' * 40}", "p=²", "o=-1", "p=-1"])
def test_a_page_that_somebody_made_up_is_not_there(lead: Lead, cursor: str) -> None:
    made_up = base64.b64encode(cursor.encode()).decode()

    response = asking(lead.source).get("/api/leads/", {"cursor": made_up})

    assert response.status_code == 404
