"""Addresses, street lines, states and ZIP codes."""

from __future__ import annotations

import pytest

from intake.normalize import address, city, state, street
from intake.normalize import zip as zip_code
from intake.normalize.address_readers import doorplate_reading, strict_reading, usaddress_reading
from intake.normalize.result import Context, IssueCode
from intake.normalize.street_words import DIRECTIONS, SUFFIXES, UNITS, UNITS_WITH_IDENTIFIER

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


@pytest.mark.parametrize(
    "raw",
    [
        "4100 WEST CEDAR AVENUE NORTHWEST SUITE 12B, DENVER, COLORADO 80210",
        "4100 w. cedar ave. n.w., ste. 12b, denver, co 80210",
        "4100 W Cedar Ave, NW, Ste 12B, Denver, CO, 80210, USA",
        "4100 West Cedar Avenue NW\nSuite 12B\nDenver CO 80210",
        "  4100  W  Cedar  Ave  NW  Ste12B , Denver , Colorado , 80210 ",
    ],
)
def test_one_address_written_in_many_ways_is_one_address(raw: str) -> None:
    assert address.normalize(raw, CTX).value == "4100 W Cedar Ave NW Ste 12B, Denver, CO 80210"


@pytest.mark.parametrize(
    ("raw", "street"),
    [
        ("7 Key West Drive, Tampa, FL 33601", "Key West Dr"),
        ("12 N 1250 W, Provo, UT 84601", "N 1250 W"),
        ("12N 1250W, Provo, UT 84601", "N 1250 W"),
        ("4000 U.S. Highway 80, Mesa, AZ 85205", "US Highway 80"),
        ("310 3rd Street, Austin, TX 78701", "3rd St"),
        ("9 AB&C Road, Austin, TX 78701", "AB&C Rd"),
        ("14 1/2 Elm St, Austin, TX 78701", "Elm St"),
    ],
)
def test_streets_with_numbers_and_directions_keep_their_order(raw: str, street: str) -> None:
    assert address.normalize(raw, CTX).parts["street"] == street


@pytest.mark.parametrize(
    ("raw", "unit"),
    [
        ("5 Oak St #APT 12, Austin, TX 78701", "Apt 12"),
        ("5 Oak St No. 12, Austin, TX 78701", "# 12"),
        ("5 Oak St, 2nd Floor, Austin, TX 78701", "2nd Floor"),
        ("Apt4 5 Oak St, Austin, TX 78701", "Apt 4"),
        ("5 Oak St, Basement, Austin, TX 78701", "Bsmt"),
    ],
)
def test_units_have_one_form(raw: str, unit: str) -> None:
    assert address.normalize(raw, CTX).parts["unit"] == unit


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("3719 Old Alabama", IssueCode.READERS_DISAGREE),
        ("10 Oak Rd Pine Grove Rd, Austin, TX 78701", IssueCode.UNCLEAR_ADDRESS),
        ("10 North East St, Austin, TX 78701", IssueCode.UNCLEAR_ADDRESS),
        ("10 Elm St, Boston, MA 2108", IssueCode.UNCLEAR_ADDRESS),
        ("10 Elm St Unit, Austin, TX 78701", IssueCode.UNCLEAR_ADDRESS),
    ],
)
def test_what_could_be_read_in_two_ways_is_flagged(raw: str, code: IssueCode) -> None:
    result = address.normalize(raw, CTX)

    assert code in [issue.code for issue in result.issues]
    assert result.confidence == 0.5


@pytest.mark.parametrize(("word", "short"), sorted(SUFFIXES.items()))
def test_every_suffix_of_publication_28_has_its_abbreviation(word: str, short: str) -> None:
    for written in (word, word.upper(), word.title()):
        for tail in (", Austin, TX 78701", " Austin TX 78701", " NW, Austin, TX 78701", ""):
            parts = address.normalize(f"123 Maple {written}{tail}", CTX).parts
            assert parts["street"] == f"Maple {short}" + (" NW" if "NW" in tail else ""), (written, tail)


@pytest.mark.parametrize(("word", "short"), sorted(UNITS.items()))
def test_every_unit_of_publication_28_has_its_abbreviation(word: str, short: str) -> None:
    for written in (word, word.upper(), word.title()):
        unit = f"{written} 4" if word in UNITS_WITH_IDENTIFIER else written
        parts = address.normalize(f"123 Maple St {unit}, Austin, TX 78701", CTX).parts
        assert parts["unit"] == (f"{short} 4" if word in UNITS_WITH_IDENTIFIER else short), written


@pytest.mark.parametrize(("word", "short"), sorted(DIRECTIONS.items()))
def test_every_direction_of_publication_28_has_its_abbreviation(word: str, short: str) -> None:
    if word in ("no", "so"):  # also ordinary words; only a reader may take them for directions
        return
    for written in (word, word.upper(), word.title()):
        for tail in (", Austin, TX 78701", " Austin TX 78701", ""):
            assert address.normalize(f"123 {written} Maple St{tail}", CTX).parts["street"] == f"{short} Maple St"
            assert address.normalize(f"123 Maple St {written}{tail}", CTX).parts["street"] == f"Maple St {short}"


def test_readers_answer_alike_where_nothing_leaves_a_choice() -> None:
    text = "123 N Maple St Apt 4, Austin, TX 78701"
    strict = strict_reading(text)

    assert strict is not None
    assert strict.folded() == doorplate_reading(text).folded() == usaddress_reading(text).folded()


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
