"""Refusals add up in the process and are written seldom, and none is counted twice or forgotten."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.db.models import F, Sum
from django.test.utils import CaptureQueriesContext

from intake.models import Refusal
from intake.services import count_refusal
from intake.services.count_refusal import Tally
from tests import factories
from tests.threads import at_once


class Clock:
    """Seconds that pass when the test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.django_db
def test_a_thousand_refusals_make_few_writes_and_the_sum_is_right() -> None:
    clock = Clock()
    tally = Tally(clock)

    with CaptureQueriesContext(
        connection,
    ) as seen:
        for number in range(1000):
            tally.add("website", "mismatch" if number % 4 else "missing")
            tally.write_if_due()
            clock.now += 0.005  # 200 a second, for 5 s
    clock.now += 1
    tally.write_if_due()

    assert sum("UPDATE" in query["sql"] for query in seen) <= 14
    assert dict(Refusal.objects.values_list("code", "count")) == {"mismatch": 750, "missing": 250}


@pytest.mark.django_db
def test_the_first_refusal_is_written_at_once_and_the_next_ones_a_second_later() -> None:
    clock = Clock()
    tally = Tally(clock)
    tally.add("website", "mismatch")
    tally.write_if_due()
    tally.add("website", "mismatch")
    clock.now += 0.999
    tally.write_if_due()
    assert Refusal.objects.get().count == 1

    clock.now += 0.001
    tally.write_if_due()
    assert Refusal.objects.get().count == 2


@pytest.mark.django_db
def test_what_was_counted_before_stays_in_the_sum() -> None:
    factories.refusal(day=count_refusal.timezone.now().date(), source="website", code="mismatch", count=3)
    tally = Tally(Clock())
    tally.add("website", "mismatch")
    tally.write_if_due()

    assert Refusal.objects.get().count == 4


@pytest.mark.django_db
def test_what_the_database_does_not_take_is_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    tally = Tally(clock)
    for code in ("mismatch", "missing", "missing"):
        tally.add("website", code)

    def refuse(*args: object) -> None:
        raise OperationalError("it is away")

    with monkeypatch.context() as patch:
        patch.setattr(count_refusal, "_write", refuse)
        tally.write_if_due()
    tally.add("website", "missing")
    tally.write_if_due()
    assert Refusal.objects.count() == 0

    clock.now += 1
    tally.write_if_due()
    assert dict(Refusal.objects.values_list("code", "count")) == {"mismatch": 1, "missing": 3}


@pytest.mark.django_db(transaction=True)
def test_processes_and_threads_that_count_at_once_lose_none() -> None:
    def refuse() -> None:
        clock = Clock()
        tally = Tally(clock)
        for _ in range(5):
            tally.add("website", "mismatch")
        while tally._counts:
            tally.write_if_due()
            clock.now += 1

    at_once(4, refuse)

    assert Refusal.objects.aggregate(sum=Sum(F("count")))["sum"] == 20
