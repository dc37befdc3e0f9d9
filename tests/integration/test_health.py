"""Health answers tell the truth about what we lean on, and stay quick when it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from config.celery import app
from tests.services import free_port


@contextmanager
def database_down() -> Iterator[None]:
    def refuse(*args: Any) -> None:
        raise OperationalError("the database is gone")

    with connection.execute_wrapper(refuse):
        yield


def test_a_process_that_is_up_says_so_without_asking_the_database(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_names_every_part_that_answers(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "broker": "ok"})


@pytest.mark.django_db
def test_without_its_database_a_process_is_not_ready(client: Client) -> None:
    with database_down():
        answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"database": "down", "broker": "ok"})


@pytest.mark.django_db
def test_without_its_broker_a_process_still_accepts_leads(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_write_url", f"redis://127.0.0.1:{free_port()}/0")
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "broker": "down"})


@pytest.mark.django_db
def test_health_changes_nothing_and_takes_only_reading_methods(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405
