"""How times, ages and numbers are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trail.admin.wording import age, clock, count, exact, heading, span

NOW = datetime(2026, 11, 23, 20, 15, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0.0 s"),
        (0.44, "0.4 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (13680, "3 h 48 min"),
        (48 * 3600 - 1, "47 h 59 min"),
        (48 * 3600, "2 d"),
        (90 * 86400, "90 d"),
    ],
)
def test_a_length_of_time_has_at_most_two_units(seconds: float, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words


def test_an_age_looks_back_and_forward() -> None:
    assert age(NOW - timedelta(minutes=37), NOW) == "37 min ago"
    assert age(NOW + timedelta(minutes=4), NOW) == "in 4 min"
    assert age(NOW, NOW) == "now"


def test_times_are_the_offices_with_the_zone_named() -> None:
    assert exact(NOW) == "Nov 23, 2026, 2:15:03 PM CST"
    assert exact(datetime(2026, 7, 1, 5, 0, 0, tzinfo=UTC)) == "Jul 1, 2026, 12:00:00 AM CDT"
    assert clock(NOW) == "2:15:03 PM CST"


def test_a_number_stands_with_its_noun() -> None:
    assert (count(1, "lead"), count(1204, "lead"), count(2, "delivery", "deliveries")) == (
        "1 lead",
        "1,204 leads",
        "2 deliveries",
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Kpi", "KPI"),
        ("base url", "Base URL"),
        ("consent_sms", "Consent SMS"),
        ("mls id", "MLS ID"),
        ("received_at", "Received at"),
        ("from_email", "From e-mail"),
        ("email templates", "E-mail templates"),
        ("First name", "First name"),
        ("identity", "Identity"),
        ("", ""),
    ],
)
def test_a_heading_is_written_as_people_write_it(name: str, words: str) -> None:
    assert heading(name) == words
