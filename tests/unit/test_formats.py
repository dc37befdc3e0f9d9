"""Canonical values, spelled for a CRM."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmsync import formats


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (450_000, "450000"),
        (Decimal("2.50"), "2.5"),
        (Decimal("3.00"), "3"),
        (Decimal("1E+6"), "1000000"),
        (Decimal("100"), "100"),
        (0.1, "0.1"),
        (1e21, "1000000000000000000000"),
        ("07030", "07030"),
        ("caf\ud800", "caf?"),
        (date(2026, 3, 4), "2026-03-04"),
        (datetime(2026, 3, 4, 5, 6, 7, 891_234, tzinfo=UTC), "2026-03-04T05:06:07.891Z"),
        (datetime(2026, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=-6))), "2026-03-04T11:06:00.000Z"),
        (["a@b.example", None, "", "c@d.example"], "a@b.example;c@d.example"),
        ((), ""),
    ],
)
def test_every_value_is_a_string_there(value, text):
    assert formats.hubspot(value) == text


@pytest.mark.parametrize(
    "value",
    [{}, object(), b"bytes", Decimal("NaN"), float("inf"), datetime(2026, 3, 4)],  # noqa: DTZ001
)
def test_a_value_that_no_record_holds_is_bad_use(value):
    with pytest.raises(TypeError):
        formats.hubspot(value)


@settings(deadline=None)  # machines are noisy; time is not the law here
@given(st.text())
def test_any_text_can_be_sent_as_json(text):
    json.dumps(formats.hubspot(text), ensure_ascii=False).encode()


@settings(deadline=None)  # machines are noisy; time is not the law here
@given(st.integers() | st.decimals(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_value_and_have_no_exponent(number):
    text = formats.hubspot(number)

    assert Decimal(text) == number
    assert "E" not in text.upper()


@settings(deadline=None)  # machines are noisy; time is not the law here
@given(st.dates())
def test_dates_can_be_read_back(day):
    assert date.fromisoformat(formats.hubspot(day)) == day


@pytest.mark.parametrize(
    ("phone", "text"),
    [
        ("5125550187", "+15125550187"),
        ("15125550187", "+15125550187"),
        ("+1 (512) 555-0187", "+15125550187"),
        ("+44 20 7946 0018", "+442079460018"),
        ("555-0187", "555-0187"),
        ("", ""),
    ],
)
def test_a_phone_is_spelled_as_e164_where_that_is_certain(phone, text):
    assert formats.e164(phone) == text


@settings(deadline=None)  # machines are noisy; time is not the law here
@given(st.text())
def test_spelling_a_phone_twice_changes_nothing(phone):
    once = formats.e164(phone)

    assert formats.e164(once) == once


def test_a_phone_is_looked_for_as_people_type_it():
    assert formats.phone_spellings(["5125550187", "+15125550187", "+442079460018"]) == [
        "+15125550187",
        "5125550187",
        "(512) 555-0187",
        "512-555-0187",
        "512.555.0187",
        "15125550187",
        "+1 512-555-0187",
        "+442079460018",
    ]
