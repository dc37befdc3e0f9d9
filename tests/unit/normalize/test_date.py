"""Dates and moments: certain, or said to be ambiguous, or refused."""

from __future__ import annotations

import pytest

from intake.normalize.date import date_, datetime_
from intake.normalize.result import Context, IssueCode

CTX = Context()


@pytest.mark.parametrize(
    "raw",
    [
        "2024-03-14",
        "03/14/2024",
        "3-14-2024",
        "14/03/2024",
        "20240314",
        "Mar 14, 2024",
        "14th of March 2024",
        "2024/3/14",
    ]
    + ["2024-03-14T23:59:00-05:00", "Thursday, March 14, 2024", "14 MAR 2024", "3/14/2024 5:30 PM"],
)
def test_a_certain_date_is_read_without_a_doubt(raw: str) -> None:
    result = date_(raw, CTX)

    assert (result.value, result.display, result.issues) == ("2024-03-14", "03/14/2024", ())


@pytest.mark.parametrize(("order", "value"), [("MDY", "2024-03-04"), ("DMY", "2024-04-03")])
def test_an_ambiguous_date_follows_the_source_and_says_so(order: str, value: str) -> None:
    result = date_("03/04/2024", Context(date_order=order))

    assert (result.value, [issue.code for issue in result.issues]) == (value, [IssueCode.AMBIGUOUS_DATE])


@pytest.mark.parametrize(
    "raw",
    ["2024", "5", "May", "March 2024", "1,250,000", "02/30/2024", "13/13/2024", "soon", "0001-01-01"],
)
def test_what_is_no_certain_date_is_refused(raw: str) -> None:
    result = date_(raw, CTX)

    assert (result.value, [issue.code for issue in result.issues]) == (None, [IssueCode.NOT_A_DATE])


def test_a_year_of_two_digits_is_said() -> None:
    result = date_("12/31/99", CTX)

    assert (result.value, [issue.code for issue in result.issues]) == ("1999-12-31", [IssueCode.TWO_DIGIT_YEAR])


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("2024-01-05T15:30:00-06:00", "2024-01-05T21:30:00+00:00"),
        ("2024-01-05T15:30:00-0600", "2024-01-05T21:30:00+00:00"),
        ("2024-01-05T21:30:00Z", "2024-01-05T21:30:00+00:00"),
        ("2024-01-05T21:30:00.123456Z", "2024-01-05T21:30:00.123456+00:00"),
        (1704490200, "2024-01-05T21:30:00+00:00"),
        ("1704490200123", "2024-01-05T21:30:00.123000+00:00"),
        ("01/15/2024 3:30 PM EST", "2024-01-15T20:30:00+00:00"),
        ("Mon, 15 Jan 2024 20:30:00 GMT", "2024-01-15T20:30:00+00:00"),
    ],
)
def test_a_moment_is_in_utc(raw: object, value: str) -> None:
    result = datetime_(raw, CTX)

    assert (result.value, result.issues) == (value, ())


def test_a_moment_without_a_zone_takes_the_sources_and_says_so() -> None:
    result = datetime_("2024-07-05 15:30", Context(tz="America/New_York"))

    assert (result.value, [issue.code for issue in result.issues]) == (
        "2024-07-05T19:30:00+00:00", [IssueCode.TIMEZONE_ASSUMED],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("20240905T101010Z", "2024-09-05"), ("2024-09-05T10", "2024-09-05"),
        ("20240905T10:10:10.123456789", "2024-09-05"), ("5.Sept.2024 AD", "2024-09-05"),
    ],
)  # fmt: skip
def test_a_day_is_read_beside_any_time(raw: str, value: str) -> None:
    assert date_(raw, CTX).value == value


def test_a_year_that_may_be_a_day_is_flagged() -> None:
    result = date_("03 25 Sep", CTX)

    assert result.value == "2003-09-25"
    assert IssueCode.AMBIGUOUS_DATE in [issue.code for issue in result.issues]
