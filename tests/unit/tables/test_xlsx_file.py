"""Excel workbooks: numbers, dates, formulas and their results, hidden traps."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook

from intake.tables import Row, Shape, TableUnreadable, inspect, rows, xlsx_file


def workbook(*lines: list[Any], sheets: dict[str, list[list[Any]]] | None = None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    for name, more in (sheets or {}).items():
        other = book.create_sheet(name)
        for line in more:
            other.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(content: bytes) -> tuple[Shape, list[Row]]:
    file = io.BytesIO(content)
    shape = inspect(file)
    return shape, list(rows(file, shape))


def with_result(content: bytes, value: str) -> bytes:
    """The same workbook as Excel would save it: with the results of its formulas."""
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as changed:
        for name in source.namelist():
            part = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(b"<v></v>", f"<v>{value}</v>".encode()).replace(
                    b"<v />", f"<v>{value}</v>".encode()
                )
            changed.writestr(name, part)
    return target.getvalue()


def test_numbers_dates_and_truths_are_plain_values() -> None:
    shape, found = read(
        workbook(
            ["Phone", "Zip", "Baths", "On", "At", "Hour", "Yes"],
            [5125550142.0, 2134, 2.5, date(2026, 11, 2), datetime.fromisoformat("2026-11-02T15:04"), time(9, 30), True],
        )
    )

    assert shape.columns == ("Phone", "Zip", "Baths", "On", "At", "Hour", "Yes")
    assert found[0].cells == (5125550142, 2134, 2.5, "2026-11-02", "2026-11-02T15:04:00", "09:30:00", True)


def test_blank_rows_are_left_out_and_rows_keep_their_numbers() -> None:
    _, found = read(workbook(["a", "b"], [1, None], [], [None, 2]))

    assert [(row.number, row.cells) for row in found] == [(2, (1,)), (4, (None, 2))]


def test_a_formula_counts_by_its_saved_result() -> None:
    shape, found = read(with_result(workbook(["a", "sum"], [1, "=A2+41"]), "42"))

    assert not shape.uncalculated
    assert found == [Row(2, (1, 42))]


def test_a_formula_without_a_saved_result_is_a_problem_and_keeps_its_text() -> None:
    shape, found = read(workbook(["a", "sum"], [1, "=A2+41"], [2, 3]))

    assert shape.uncalculated
    assert any("formulas without their results" in note for note in shape.notes)
    assert found[0].cells == (1, "=A2+41")
    assert found[0].problem is not None
    assert (found[0].problem.code, "B2" in found[0].problem.message) == ("formula_without_result", True)
    assert found[1] == Row(3, (2, 3))


def test_the_first_sheet_that_holds_something_is_read_and_the_others_are_named() -> None:
    shape, found = read(workbook(sheets={"Leads": [["Name"], ["Ann"]], "More": [["x"]]}))

    assert (shape.sheet, [row.cells for row in found]) == ("Leads", [("Ann",)])
    assert any("More" in note for note in shape.notes)


def test_cells_that_are_only_formatted_are_no_columns() -> None:
    shape, _ = read(workbook(["a", "b", None, ""], [1, 2]))

    assert shape.columns == ("a", "b")


def test_an_empty_workbook_is_refused() -> None:
    with pytest.raises(TableUnreadable) as refused:
        read(workbook())

    assert refused.value.code == "empty"


def test_a_damaged_workbook_is_refused() -> None:
    content = workbook(["a"], [1])

    for broken in (content[: len(content) // 2], content.replace(b"xl/workbook.xml", b"xl/nothing.xml_")):
        with pytest.raises(TableUnreadable) as refused:
            read(broken)
        assert refused.value.code == "broken"


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "UNPACKED", 1000)

    with pytest.raises(TableUnreadable) as refused:
        read(workbook(["a"], [1]))

    assert refused.value.code == "too_large"


def changed(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The same workbook with other bytes in one of its parts."""
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for name in source.namelist():
            held = source.read(name)
            assert name != part or old in held
            written.writestr(name, held.replace(old, new) if name == part else held)
    return target.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_row_that_claims_a_place_no_sheet_has_is_refused_at_once() -> None:
    content = changed(workbook(["Name"], ["Ann"]), SHEET, b'<row r="2">', b'<row r="999999999999">')

    with pytest.raises(TableUnreadable) as refused:
        read(content)

    assert refused.value.code == "too_long"


def test_only_sheets_may_be_large_since_every_other_part_is_read_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "IN_MEMORY", 100_000)
    content = changed(workbook(["Name"], ["Ann"]), "xl/styles.xml", b"</styleSheet>", b" " * 200_000 + b"</styleSheet>")

    with pytest.raises(TableUnreadable) as refused:
        read(content)

    assert refused.value.code == "too_large"


def test_numbers_that_json_cannot_hold_become_texts() -> None:
    content = workbook(["Id", "Price"], [77, 1.5])
    content = changed(content, SHEET, b"<v>77</v>", b"<v>12345678901234567890123</v>")
    content = changed(content, SHEET, b"<v>1.5</v>", b"<v>1e999</v>")

    _, found = read(content)

    assert found[0].cells == ("12345678901234567890123", "inf")


def test_a_first_row_of_noughts_names_the_columns() -> None:
    shape, _ = read(workbook([0, False], [1, 2]))

    assert shape.columns == ("0", "False")


def test_a_workbook_that_is_damaged_behind_its_first_row_is_refused() -> None:
    content = bytearray(workbook(["Name"], *[[f"Ann {number * 7919 % 10007}"] for number in range(20_000)]))
    info = zipfile.ZipFile(io.BytesIO(bytes(content))).getinfo(SHEET)
    middle = info.header_offset + info.compress_size // 2
    content[middle : middle + 200] = b"\xff" * 200

    with pytest.raises(TableUnreadable) as refused:
        read(bytes(content))

    assert refused.value.code == "broken"
