"""Addresses, street lines, states and ZIP codes."""

from __future__ import annotations

import pytest

from intake.normalize import address, city, state, street
from intake.normalize import zip as zip_code
from intake.normalize.result import Context, IssueCode

CTX = Context()


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("123 north main street apt 4, austin, tx 78701-1234", "123 N Main St Apt 4, Austin, TX 78701-1234"),
        ("123 Main St\nAustin, Texas 78701", "123 Main St, Austin, TX 78701"),
        ("1600 PENNSYLVANIA AVENUE NW, WASHINGTON, DC 20500, USA", "1600 Pennsylvania Ave NW, Washington, DC 20500"),
        ("PO BOX 12, Austin TX 78701", "PO Box 12, Austin, TX 78701"),
        ("7 Street Road, Southampton, PA 18966", "7 Street Rd, Southampton, PA 18966"),
    ],
)
def test_an_address_is_written_the_postal_way(raw: str, value: str) -> None:
    result = address.normalize(raw, CTX)

    assert result.value == value
    assert result.issues == ()


def test_the_pieces_of_an_address_have_names() -> None:
    assert address.normalize("123 N Main St Apt 4, Austin, TX 78701-1234", CTX).parts == {
        "number": "123", "street": "N Main St", "line": "123 N Main St", "unit": "Apt 4", "city": "Austin",
        "state": "TX", "zip": "78701", "zip4": "1234",
    }  # fmt: skip


def test_an_address_without_a_street_says_so() -> None:
    result = address.normalize("Austin, TX", CTX)

    assert [issue.code for issue in result.issues] == [IssueCode.INCOMPLETE_ADDRESS]


def test_a_street_line_gives_up_its_unit() -> None:
    result = street.normalize("123 NORTH MAIN STREET SUITE 4B", CTX)

    assert (result.value, result.parts["unit"]) == ("123 N Main St", "Ste 4B")


def test_a_street_line_that_cannot_be_read_is_kept() -> None:
    result = street.normalize("corner lot behind the mill", CTX)

    assert result.value
    assert [issue.code for issue in result.issues] == [IssueCode.UNCLEAR_ADDRESS]


@pytest.mark.parametrize("raw", ["Texas", "TX", "tx", "Tex.", " texas ", "US-TX", "T.X."])
def test_a_state_is_two_letters(raw: str) -> None:
    assert state.normalize(raw, CTX).value == "TX"


def test_what_is_no_state_is_said() -> None:
    assert [issue.code for issue in state.normalize("Ontario", CTX).issues] == [IssueCode.NOT_A_STATE]


@pytest.mark.parametrize(
    ("raw", "value", "display", "codes"),
    [
        ("78701", "78701", "78701", []),
        ("78701-1234", "78701", "78701-1234", []),
        ("787011234", "78701", "78701-1234", []),
        (2134, "02134", "02134", [IssueCode.ZERO_PADDED]),
        ("TX 78701", "78701", "78701", []),
        ("00000", None, "", [IssueCode.PLACEHOLDER]),
        ("SW1A 1AA", None, "", [IssueCode.NOT_A_ZIP]),
        ("123456", None, "", [IssueCode.NOT_A_ZIP]),
    ],
)
def test_a_zip_is_five_digits_of_text(raw: object, value: str | None, display: str, codes: list[IssueCode]) -> None:
    result = zip_code.normalize(raw, CTX)

    assert (result.value, result.display, [issue.code for issue in result.issues]) == (value, display, codes)


def test_a_city_gets_its_case_where_it_has_none() -> None:
    assert city.normalize("ROUND ROCK,", CTX).value == "Round Rock"
