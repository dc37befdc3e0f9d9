"""The door behind the real WSGI application: nothing sent makes a 5xx, and no header loses an authentic lead."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.wsgi import application
from intake.api import views
from intake.models import Delivery, Source
from intake.services import process
from tests import factories
from tests.integration.intake.senders import sender

pytestmark = pytest.mark.django_db

SECRET = "a-secret-of-forty-characters-for-the-test"
ODD_TYPES = [
    "application/json; charset=hex",
    "application/json; charset=undefined",
    "application/json; charset=idna",
    "application/json; charset=utf-16",
    "application/json; x*=foo'en'%41",
    "application/json; charset*=hex''json",
    "application/json; x=" + "a" * 100_000,
    "application/json;;;=\xff",
]


@pytest.fixture
def website() -> Iterator[Source]:
    for signal in (request_started, request_finished):  # as Django's own test client does: the test has a transaction
        signal.disconnect(close_old_connections)
    source = sender(slug="website", scheme="static_token", scheme_options={"header": "X-Token"})
    factories.source_secret(source=source, secret=SECRET)
    yield source
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def call(body: bytes = b"{}", *, path: str = "/hooks/website/", method: str = "POST", **more: str) -> tuple[int, bytes]:
    """One request to the application that is served, headers as a server hands them over."""
    told: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "HTTP_X_TOKEN": SECRET,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **more,
    }
    answer = application(environ, lambda status, headers, error=None: told.append(status))
    content = b"".join(answer)
    answer.close()  # type: ignore[attr-defined]
    return int(told[0][:3]), content


@pytest.mark.parametrize("content_type", ODD_TYPES)
def test_an_authentic_lead_with_an_odd_content_type_is_stored_and_read(website: Source, content_type: str) -> None:
    body = b'{"id": "1", "email": "ann@example.com"}'

    status, answer = call(body, CONTENT_TYPE=content_type, QUERY_STRING="utm=%ff&a=b")

    assert (status, json.loads(answer)["status"]) == (200, "accepted")
    process.drain()
    assert Delivery.objects.get().state in (Delivery.State.SPLIT, Delivery.State.DEAD)


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=1", "////;;q=", "application/json; x*=foo'en'%41"])
def test_a_sender_that_wants_its_answer_in_another_format_loses_no_lead(website: Source, accept: str) -> None:
    status, answer = call(
        b'{"id": "1"}', CONTENT_TYPE="application/json", HTTP_ACCEPT=accept, QUERY_STRING="format=xml"
    )

    assert (status, json.loads(answer)["status"]) == (200, "accepted")


def test_a_form_with_files_still_has_its_boundary(website: Source) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\nann@example.com\r\n--b--\r\n'

    assert call(body, CONTENT_TYPE="multipart/form-data; boundary=b; charset=hex")[0] == 200

    assert Delivery.objects.get().content_type == "multipart/form-data; boundary=b; charset=hex"


latin = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["POST", "POST", "POST", "GET", "HEAD", "PUT", "OPTIONS", "DELETE", "FOO"]),
    path=st.one_of(
        st.just("/hooks/website/"), latin.map(lambda text: f"/hooks/website/{text}"), latin.map("/hooks/".__add__)
    ),
    query=latin,
    content_type=st.one_of(st.sampled_from(ODD_TYPES), latin, latin.map("application/json; ".__add__)),
    length=st.one_of(st.none(), st.sampled_from(["", "-1", "abc", "9" * 40, "0"])),
    token=st.one_of(st.just(SECRET), latin),
    accept=latin,
    body=st.binary(max_size=200),
)
def test_nothing_that_is_sent_is_answered_with_a_5xx(
    website: Source,
    method: str,
    path: str,
    query: str,
    content_type: str,
    length: str | None,
    token: str,
    accept: str,
    body: bytes,
) -> None:
    more = {} if length is None else {"CONTENT_LENGTH": length}

    status, _ = call(
        body,
        method=method,
        path=path,
        QUERY_STRING=query,
        CONTENT_TYPE=content_type,
        HTTP_X_TOKEN=token,
        HTTP_ACCEPT=accept,
        **more,
    )

    assert status < 500


def test_a_secret_in_an_address_stands_in_no_log(
    website: Source, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def down(*_: object, **__: object) -> None:
        raise OperationalError("the database is down")

    Source.objects.update(scheme="secret_url", scheme_options={})
    monkeypatch.setattr(views, "receive", down)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.getLogger().handlers[0].formatter)
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        assert call(path=f"/hooks/website/{SECRET}/", CONTENT_TYPE="application/json")[0] == 503
    finally:
        logger.removeHandler(handler)

    assert "/hooks/website/" in written.getvalue()
    assert SECRET not in written.getvalue() + capsys.readouterr().out
