"""The OpenAPI document is complete, and every answer is as it says, whatever is asked: never a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from intake.api.authentication import forget_doors
from intake.api.read import ReadThrottle
from intake.models import Delivery, Source
from intake.services.allow_reading import allow_reading
from tests import factories
from trail.record import Actor

pytestmark = pytest.mark.django_db

SCHEMA = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
CONFORMS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FUZZ = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture(autouse=True)
def _nobody_is_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReadThrottle, "THROTTLE_RATES", {"read_api": "100000/min"})
    cache.clear()


@pytest.fixture(autouse=True)
def _the_tests_own_transaction_stays_open() -> Iterator[None]:
    """A request ends by closing a connection that is not in its usual state, which the test's is; as Django's own
    test client does, leave it alone."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def portal() -> Source:
    """A source whose proof is one header, with leads to ask about."""
    source = factories.source(slug="portal", scheme="static_token", scheme_options={"header": "x-api-key"})
    factories.source_secret(source=source, secret="a-key-for-the-contract")
    factories.lead(item=factories.item(source=source))
    forget_doors()
    return source


@pytest.fixture
def headers(portal: Source) -> dict[str, str]:
    token = allow_reading("contract", portal, by=Actor(name="test"))
    return {"Authorization": f"Token {token}", "x-api-key": "a-key-for-the-contract"}


def test_the_document_is_valid_and_nothing_in_it_is_guessed() -> None:
    out = StringIO()

    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", stdout=out)

    assert set(json.loads(out.getvalue())["paths"]) == {
        "/hooks/{source}/",
        "/hooks/{source}/{token}/",
        "/api/deliveries/{public_id}/",
        "/api/leads/",
        "/api/leads/{id}/",
    }


@SCHEMA.parametrize()
@FUZZ
def test_whatever_a_stranger_asks_the_answer_is_as_documented(case: Any) -> None:
    case.call_and_validate(checks=CONFORMS)


@SCHEMA.parametrize()
@FUZZ
def test_whatever_an_integration_asks_the_answer_is_as_documented(case: Any, headers: dict[str, str]) -> None:
    if "source" in case.path_parameters:
        case.path_parameters["source"] = "portal"

    response = case.call(headers=headers)

    case.validate_response(response, checks=CONFORMS)
    if case.path == "/hooks/{source}/" and response.status_code == 200:
        assert Delivery.objects.filter(public_id=response.json()["delivery"]).exists()


def test_answers_about_real_leads_are_as_documented(portal: Source, headers: dict[str, str]) -> None:
    lead = portal.leads.get()
    delivery = str(lead.item.delivery.public_id)

    for path, steps, query in (
        ("/api/leads/{id}/", {"id": lead.pk}, {}),
        ("/api/leads/", {}, {"delivery": delivery}),
        ("/api/deliveries/{public_id}/", {"public_id": delivery}, {}),
    ):
        case = SCHEMA[path]["GET"].Case(path_parameters=steps, query=query)
        response = case.call(headers=headers)
        case.validate_response(response, checks=CONFORMS)
        assert response.status_code == 200
        assert delivery in response.text
