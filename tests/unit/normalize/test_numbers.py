"""Prices, sizes, counts and years."""

from __future__ import annotations

import pytest

from intake.normalize import coordinate, geocode, number, price, school_rating
from intake.normalize.result import Context, IssueCode

CTX = Context()


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (450000, 450_000), (450000.0, 450_000), ("450000", 450_000), ("$450,000", 450_000), ("$450,000.00", 450_000),
        ("450k", 450_000), ("$1.2M", 1_200_000), ("1.25 million", 1_250_000), ("1.144.000", 1_144_000),
        ("$ 450 000", 450_000), ("USD 450000", 450_000), ("$2,500/mo", 2_500), (0, 0),
    ],
)  # fmt: skip
def test_a_price_is_whole_dollars(raw: object, value: int) -> None:
    result = price.price(raw, CTX)

    assert (result.value, result.issues) == (value, ())


@pytest.mark.parametrize(
    "raw", ["$300k-$400k", "300-400k", "300,000 to 400,000", "$300K – 400K", "between 300k and 400k"]
)
def test_a_range_keeps_both_ends_and_is_never_silent(raw: str) -> None:
    result = price.price(raw, CTX)

    assert (result.value, dict(result.parts)) == (300_000, {"low": 300_000, "high": 400_000})
    assert [issue.code for issue in result.issues] == [IssueCode.PRICE_RANGE]


@pytest.mark.parametrize(
    ("raw", "parts"),
    [("from $300k", {"low": 300_000}), ("up to 300,000", {"high": 300_000}), ("300k+", {"low": 300_000})],
)
def test_a_bound_is_one_end(raw: str, parts: dict[str, int]) -> None:
    assert price.price(raw, CTX).parts == parts


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("call for price", IssueCode.NO_AMOUNT), ("-5", IssueCode.OUT_OF_RANGE), (-5, IssueCode.OUT_OF_RANGE),
        ("9" * 40, IssueCode.OUT_OF_RANGE), (float("nan"), IssueCode.NOT_A_NUMBER), (True, IssueCode.WRONG_TYPE),
        (10**100, IssueCode.TOO_LONG),
    ],
)  # fmt: skip
def test_what_is_no_price_has_no_value(raw: object, code: IssueCode) -> None:
    result = price.price(raw, CTX)

    assert (result.value, [issue.code for issue in result.issues]) == (None, [code])


def test_cents_are_rounded_and_foreign_money_is_said() -> None:
    assert price.money("$99.50", CTX).value == 100
    assert [issue.code for issue in price.money("$99.50", CTX).issues] == [IssueCode.ROUNDED]
    assert [issue.code for issue in price.money("€ 500", CTX).issues] == [IssueCode.FOREIGN_CURRENCY]


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("sqft", "1,850 sq ft", 1850), ("sqft", 1850, 1850), ("sqft", "100 m2", 1076), ("beds", "3 BR", 3),
        ("beds", "Studio", 0), ("beds", "4+", 4), ("lot_sqft", "0.25 acres", 10_890), ("lot_sqft", "1 acre", 43_560),
        ("lot_sqft", "10,890 sqft", 10_890), ("lot_sqft", 5000, 5000), ("baths", "2.5", 2.5),
        ("baths", "2 full 1 half", 2.5),
        ("baths", "2½", 2.5), ("baths", "2 1/2 baths", 2.5), ("baths", 3, 3.0), ("year", "built in 1987", 1987),
        ("year", 1987.0, 1987),
    ],
)  # fmt: skip
def test_a_size_or_count_is_a_number(kind: str, raw: object, value: float) -> None:
    assert getattr(number, kind)(raw, CTX).value == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [("beds", "many"), ("beds", 500), ("sqft", 0), ("year", 87), ("year", 9999), ("baths", -1), ("lot_sqft", "n/a")],
)
def test_an_impossible_size_or_count_has_no_value(kind: str, raw: object) -> None:
    result = getattr(number, kind)(raw, CTX)

    assert result.value is None
    assert result.issues


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("latitude", "30.267153", 30.267153), ("latitude", "30.2672° S", -30.2672), ("longitude", -97.7431, -97.7431),
        ("longitude", "97.7431 W", -97.7431), ("latitude", 91, None), ("latitude", "12 E", None),
        ("longitude", "north", None),
    ],
)  # fmt: skip
def test_a_coordinate_is_in_degrees(kind: str, raw: object, value: float | None) -> None:
    assert getattr(coordinate, kind)(raw, CTX).value == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [("US$ 450,000", 450_000), ("$.75,333", 75_333), (".5M", 500_000), ("450000usd", 450_000)],
)
def test_a_price_may_be_written_oddly(raw: str, value: int) -> None:
    result = price.price(raw, CTX)

    assert (result.value, result.issues) == (value, ())


def test_the_number_that_is_marked_as_money_is_the_price() -> None:
    result = price.price("3 bed 450k", CTX)

    assert (result.value, [issue.code for issue in result.issues]) == (450_000, [IssueCode.SEVERAL_VALUES])


@pytest.mark.parametrize("raw", ["the $400s", "low 400s", "mid-400's"])
def test_advertised_hundreds_are_a_range_of_hundreds_of_thousands(raw: str) -> None:
    result = price.price(raw, CTX)

    assert (result.value, dict(result.parts)) == (400_000, {"low": 400_000, "high": 499_999})
    assert [issue.code for issue in result.issues] == [IssueCode.PRICE_RANGE]


@pytest.mark.parametrize(
    ("raw", "beds", "baths"),
    [
        ("3 bed / 2.5 bath", 3, 2.5), ("4BR/2BA", 4, 2.0), ("3bd", 3, None), ("2.5 baths", None, 2.5),
        ("3-4 beds", 3, None), ("1 3/4", 1, 1.75), ("2 1/2", 2, 2.5),
    ],
)  # fmt: skip
def test_beds_are_not_baths(raw: str, beds: int | None, baths: float | None) -> None:
    assert (number.beds(raw, CTX).value, number.baths(raw, CTX).value) == (beds, baths)


def test_acres_and_glued_units_are_read() -> None:
    assert number.sqft("1200sqft", CTX).value == 1200
    assert number.sqft("0.5 acres", CTX).value == 21_780


@pytest.mark.parametrize(
    ("raw", "value", "precision", "codes"),
    [
        ("30.2672, -97.7431", "30.2672,-97.7431", 4, []),
        ([30.2672, -97.7431], "30.2672,-97.7431", 4, []),
        ({"lat": 30.26, "lng": -97.7}, "30.26,-97.7", 2, [IssueCode.ROUGH_LOCATION]),
        ("30.2672 N, 97.7431 W", "30.2672,-97.7431", 4, []),
    ],
)
def test_a_point_is_two_coordinates_and_their_precision(
    raw: object, value: str, precision: int, codes: list[IssueCode]
) -> None:
    result = geocode.normalize(raw, CTX)

    assert (result.value, result.parts["precision"], [issue.code for issue in result.issues]) == (
        value, precision, codes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "code"),
    [("0, 0", IssueCode.PLACEHOLDER), ("91, 10", IssueCode.OUT_OF_RANGE), ("30.2", IssueCode.NOT_A_COORDINATE)],
)
def test_what_is_no_point_has_no_value(raw: str, code: IssueCode) -> None:
    result = geocode.normalize(raw, CTX)

    assert (result.value, [issue.code for issue in result.issues]) == (None, [code])


@pytest.mark.parametrize(
    ("raw", "value"),
    [("8 out of 10", "8/10"), ("8.0/10", "8/10"), ("b+", "B+"), (7, "7"), ("11/10", None), ("good", None)],
)
def test_a_school_rating_keeps_its_scale(raw: object, value: str | None) -> None:
    assert school_rating.normalize(raw, CTX).value == value
