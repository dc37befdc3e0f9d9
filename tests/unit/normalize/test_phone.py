"""Phones become ten digits with an E.164 key, and every doubt is said."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.normalize.phone import normalize
from intake.normalize.result import Context, IssueCode

CHICAGO = Context(area_code="312")


@pytest.mark.parametrize(
    "raw",
    ["5128675309", "(512) 867-5309", "512.867.5309", "+1 512 867 5309", "1-512-867-5309", " 512 867 5309 ", 5128675309]
    + [5128675309.0, "5128675309.0", "tel: 512-867-5309", "+15128675309", "\u200e512-867-5309", ["512-867-5309"]],
)
def test_every_usual_writing_is_the_same_number(raw: object) -> None:
    result = normalize(raw, Context())

    assert (result.value, result.display, result.key, result.issues) == (
        "5128675309", "(512) 867-5309", "+15128675309", (),
    )  # fmt: skip
    assert result.raw is raw


def test_seven_digits_take_the_area_code_of_the_source() -> None:
    result = normalize("867-5309", CHICAGO)

    assert result.value == "3128675309"
    assert IssueCode.AREA_CODE_ADDED in [issue.code for issue in result.issues]


@pytest.mark.parametrize(
    ("raw", "ctx", "code"),
    [
        ("867-5309", Context(), IssueCode.AREA_CODE_MISSING),
        ("000-000-0000", CHICAGO, IssueCode.PLACEHOLDER),
        ("(555) 555-5555", CHICAGO, IssueCode.PLACEHOLDER),
        ("123-456-7890", CHICAGO, IssueCode.PLACEHOLDER),
        ("111-1111", CHICAGO, IssueCode.PLACEHOLDER),
        ("call me", CHICAGO, IssueCode.INVALID_PHONE),
        ("512-867-53091", CHICAGO, IssueCode.INVALID_PHONE),
        ("12345", CHICAGO, IssueCode.INVALID_PHONE),
        ("5" * 101, CHICAGO, IssueCode.TOO_LONG),
        (True, CHICAGO, IssueCode.WRONG_TYPE),
        ({"a": 1}, CHICAGO, IssueCode.WRONG_TYPE),
    ],
)
def test_what_is_no_phone_has_no_value_and_no_key(raw: object, ctx: Context, code: IssueCode) -> None:
    result = normalize(raw, ctx)

    assert (result.value, result.key) == (None, "")
    assert [issue.code for issue in result.issues] == [code]


@pytest.mark.parametrize(
    "raw", ["512-867-5309 x12", "512-867-5309 ext. 12", "(512) 867-5309 extension 12", "512-867-5309,12"]
)
def test_an_extension_is_kept_apart(raw: str) -> None:
    result = normalize(raw, Context())

    assert (result.value, result.parts["ext"]) == ("5128675309", "12")


def test_a_number_in_no_assigned_range_keeps_its_digits_and_says_so() -> None:
    result = normalize("555.123.4567", Context())

    assert result.value == "5551234567"
    assert [issue.code for issue in result.issues] == [IssueCode.UNASSIGNED_NUMBER]


def test_a_foreign_number_stays_international() -> None:
    result = normalize("+44 20 7946 0958", Context())

    assert (result.value, result.key) == ("+442079460958", "+442079460958")
    assert [issue.code for issue in result.issues] == [IssueCode.FOREIGN_NUMBER]


def test_of_two_numbers_the_first_is_taken_and_that_is_said() -> None:
    result = normalize("512-867-5309 or 512-867-5310", Context())

    assert result.value == "5128675309"
    assert [issue.code for issue in result.issues] == [IssueCode.SEVERAL_VALUES]


def test_a_caller_cannot_change_what_is_remembered() -> None:
    first = normalize("512-867-5309", Context())
    first.parts["e164"] = "+1"  # type: ignore[index]

    assert normalize("512-867-5309", Context()).parts["e164"] == "+15128675309"


@pytest.mark.parametrize(
    "raw",
    [
        "512-867-5309", "(512) 867-5309", "1.512.867.5309", "+1 512 867 5309", "001 512 867 5309", "cell: 5128675309",
        "512 867 5309 (mobile)", "512-867-5309 home", "5128675309.0",
    ],
)  # fmt: skip
def test_one_number_written_in_many_ways_is_one_number(raw: str) -> None:
    result = normalize(raw, Context())

    assert (result.value, result.key, result.issues) == ("5128675309", "+15128675309", ())


@settings(max_examples=300, deadline=None)
@given(
    area=st.integers(200, 999),
    rest=st.integers(0, 9_999_999),
    shape=st.sampled_from(["{}{}{}", "({}) {}-{}", "+1 {}.{}.{}"]),
)
def test_the_quick_reading_says_what_the_library_says(area: int, rest: int, shape: str) -> None:
    text = shape.format(area, f"{rest:07}"[:3], f"{rest:07}"[3:])

    number = phonenumbers.parse(text, "US")
    result = normalize(text, Context())

    if result.value is None:
        assert [issue.code for issue in result.issues] == [IssueCode.PLACEHOLDER]
        return
    assert result.value == str(number.national_number)
    unassigned = IssueCode.UNASSIGNED_NUMBER in [issue.code for issue in result.issues]
    assert unassigned is not phonenumbers.is_valid_number(number)
