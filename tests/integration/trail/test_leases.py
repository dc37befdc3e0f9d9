"""Leases: work is held by one worker at a time and outlives its worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from intake.models import Delivery
from tests import factories
from trail.leases import claim, database_now, read_moment, release

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_claimed_row_is_nobody_elses_until_its_lease_ends() -> None:
    factories.delivery()
    now = database_now()

    first = claim(Delivery.objects.all(), limit=5, lease=MINUTE, now=now)

    assert len(first) == 1
    assert claim(Delivery.objects.all(), limit=5, lease=MINUTE, now=now + MINUTE / 2) == []
    again = claim(Delivery.objects.all(), limit=5, lease=MINUTE, now=now + 2 * MINUTE)
    assert [row.crashes for row in again] == [1]
    assert again[0].lease_token != first[0].lease_token


def test_a_row_whose_time_has_not_come_is_left_alone() -> None:
    now = database_now()
    factories.delivery(next_attempt_at=now + MINUTE)

    assert claim(Delivery.objects.all(), limit=5, lease=MINUTE, now=now) == []


def test_what_became_due_in_this_very_millisecond_is_found_on_the_full_second_too() -> None:
    delivery = factories.delivery()
    with connection.cursor() as cursor:
        zone = "+00" if connection.vendor == "postgresql" else ""
        cursor.execute("UPDATE intake_delivery SET next_attempt_at = %s", [f"2026-01-01 00:00:05.000{zone}"])

    now = read_moment("2026-01-01 00:00:05.000")
    assert claim(Delivery.objects.all(), limit=5, lease=MINUTE, now=now) == [delivery]


def test_a_row_given_back_is_due_at_once_and_counts_no_crash() -> None:
    factories.delivery()
    rows = claim(Delivery.objects.all(), limit=1, lease=MINUTE, now=database_now())

    release(rows)

    (again,) = claim(Delivery.objects.all(), limit=1, lease=MINUTE, now=database_now())
    assert again.crashes == 0
