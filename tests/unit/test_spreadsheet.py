"""Files for spreadsheets: no cell starts a formula, nothing else is changed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from trail.spreadsheet import cell, csv_lines, safe, xlsx_file

ATTACKS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=cmd|" /C calc"!A0']


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_starts_a_formula_gets_an_apostrophe(attack: str) -> None:
    assert safe(attack) == f"'{attack}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (-5, -5),
        (2.5, 2.5),
        (True, True),
        ("a=b", "a=b"),
        (["=x"], '["=x"]'),
        ({}, ""),
        (datetime(2026, 11, 2, 15, tzinfo=UTC), "2026-11-02T15:00:00+00:00"),
    ],
)
def test_other_values_stay_what_they_are(value: object, shown: object) -> None:
    assert cell(value) == shown


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n")), min_size=2, max_size=2)))
def test_a_csv_reads_back_as_what_it_was_but_for_the_apostrophes(rows: list[list[str]]) -> None:
    text = b"".join(csv_lines(["a", "=b"], rows)).decode("utf-8-sig")

    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["a", "'=b"],
        *[[safe(one) for one in row] for row in rows],
    ]


def test_an_excel_file_holds_texts_and_numbers_and_no_formula() -> None:
    with xlsx_file(["name", "n"], [["=1+1", 3], ["x\x00\x0by", None]]) as file:
        sheet = load_workbook(file).active

    assert sheet is not None
    assert [[one.value for one in row] for row in sheet.iter_rows()] == [["name", "n"], ["'=1+1", 3], ["xy", None]]
    assert {one.data_type for row in sheet.iter_rows() for one in row} == {"s", "n"}


def test_a_csv_flows_line_by_line() -> None:
    asked: list[int] = []

    def rows() -> object:
        for number in range(3):
            asked.append(number)
            yield [number]

    lines = csv_lines(["n"], rows())  # type: ignore[arg-type]
    next(lines)
    next(lines)
    assert asked == []
    next(lines)
    assert asked == [0]
