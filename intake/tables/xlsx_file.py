"""Excel workbooks (.xlsx): the first sheet with something in it, its numbers and dates as plain values.

Invariant: a formula counts by its saved result. Where the file has no results, the formula itself is kept in the cell
and its row has a problem; nothing becomes empty in silence. Sheets are read row by row.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice, repeat
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from intake.tables.shape import Cell, Problem, Shape, TableUnreadable, named

UNPACKED = 1024**3  # bytes; a workbook that unpacks to more is an attack or no list of leads
# Sheets are read row by row; every other part, such as the shared texts, may have to lie in memory.
IN_MEMORY = 128 * 1024**2
ROWS = 1_048_576  # of a sheet; Excel knows no more
_CHUNK = 1024 * 1024
_FORMULA = re.compile(rb"<f[ >/]")
_RESULT = re.compile(rb"(?:</f>|/>)<v>[^<]")
_EXACT = 10**15  # whole numbers up to here are exact in a spreadsheet
_STORABLE = 2**63  # a larger number, an endless one or none at all is not kept as a number in JSON


def inspect(file: BinaryIO) -> Shape:
    """The sheet, its columns, and whether its formulas have results."""
    _check_size(file)
    workbook = _workbook(file)
    filled = []
    for sheet in workbook.worksheets:
        sheet.reset_dimensions()
        first = next((cells for cells in _plain(sheet) if not _blank(cells)), None)
        if first is not None:
            filled.append((sheet, first))
    if not filled:
        raise TableUnreadable("empty", "The workbook is empty. There is nothing to import.")
    sheet, first = filled[0]
    # Cells that are only formatted follow the last name.
    columns, headed, notes = named(
        first[: max(place for place, cell in enumerate(first, start=1) if cell not in (None, ""))]
    )
    if len(filled) > 1:
        others = ", ".join(other.title for other, _ in filled[1:])
        notes += (f"The sheet {sheet.title} is read. To import {others} too, save each as a file of its own.",)
    uncalculated = _uncalculated(file, sheet._worksheet_path)
    if uncalculated:
        notes += (
            "The file holds formulas without their results. Rows with such a formula are refused; "
            "open the file in Excel, save it, and upload it again.",
        )
    return Shape("xlsx", columns, headed, sheet=sheet.title, uncalculated=uncalculated, notes=notes)


def read(file: BinaryIO, shape: Shape) -> Iterator[tuple[int, tuple[Cell, ...], Problem | None]]:
    """Every row from the first that is not blank: its number, cells and problem."""
    values = _plain(_sheet(_workbook(file), shape))
    formulas: Iterator[tuple[Cell, ...]] = repeat(())
    if shape.uncalculated:
        formulas = _plain(_sheet(_workbook(file, results=False), shape))
    begun = False
    for number, (cells, written) in enumerate(zip(values, formulas, strict=False), start=1):
        begun = begun or not _blank(cells) or not _blank(written)
        if begun:
            yield number, *_with_formulas(number, cells, written)


def _with_formulas(
    number: int, cells: tuple[Cell, ...], written: tuple[Cell, ...]
) -> tuple[tuple[Cell, ...], Problem | None]:
    lost = [
        place
        for place, cell in enumerate(written)
        if cell is not None and (cells[place : place + 1] or (None,))[0] is None
    ]
    if not lost:
        return cells, None
    kept = list(cells) + [None] * (len(written) - len(cells))
    for place in lost:
        kept[place] = written[place]
    where = ", ".join(f"{get_column_letter(place + 1)}{number}" for place in lost[:5])
    return tuple(kept), Problem(
        "formula_without_result",
        f"The file does not hold the result of the formula in {where}. Open the file in Excel, save it and import it "
        "again.",
    )


def _check_size(file: BinaryIO) -> None:
    try:
        sizes = {one.filename: one.file_size for one in zipfile.ZipFile(file).infolist()}
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise TableUnreadable("broken", "The file is damaged. Save it anew in Excel.") from error
    in_memory = sum(size for name, size in sizes.items() if not name.startswith("xl/worksheets/sheet"))
    if sum(sizes.values()) > UNPACKED or in_memory > IN_MEMORY:
        raise TableUnreadable(
            "too_large", "The workbook unpacks to more than can be read. Save it as CSV, or in parts."
        )


def _workbook(file: BinaryIO, *, results: bool = True) -> Any:
    file.seek(0)
    try:
        return load_workbook(file, read_only=True, data_only=results, keep_links=False)
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever it stumbles over in a damaged file
        raise TableUnreadable("broken", "The file is no Excel workbook, or it is damaged. Save it anew.") from error


def _sheet(workbook: Any, shape: Shape) -> Any:
    sheet = workbook[shape.sheet]
    sheet.reset_dimensions()
    return sheet


def _plain(sheet: Any) -> Iterator[tuple[Cell, ...]]:
    count = 0
    try:
        # What follows the last row that a sheet can have is made up, such as the gap before row 999999999999.
        for cells in islice(sheet.iter_rows(values_only=True), ROWS + 1):
            count += 1
            yield tuple(_cell(cell) for cell in cells)
    except Exception as error:  # noqa: BLE001 - likewise
        raise TableUnreadable("broken", "The workbook is damaged. Save it anew in Excel and import that.") from error
    if count > ROWS:
        raise TableUnreadable("too_long", f"The sheet claims more than {ROWS:,} rows. Save it anew in Excel.")


def _cell(value: Any) -> Cell:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, (int, float)) and not abs(value) < _STORABLE:
        return str(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(getattr(value, "text", value))  # an array formula


def _blank(cells: tuple[Cell, ...]) -> bool:
    return all(cell is None or cell == "" for cell in cells)


def _uncalculated(file: BinaryIO, path: str) -> bool:
    """Are there formulas in the sheet, and not one result?"""
    try:
        return _formulas_alone(file, path)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise TableUnreadable("broken", "The workbook is damaged. Save it anew in Excel and import that.") from error


def _formulas_alone(file: BinaryIO, path: str) -> bool:
    formulas = False
    with zipfile.ZipFile(file) as archive, archive.open(path.lstrip("/")) as part:
        before = b""
        while chunk := part.read(_CHUNK):
            seen = before + chunk
            formulas = formulas or bool(_FORMULA.search(seen))
            if formulas and _RESULT.search(seen):
                return False
            before = seen[-16:]
    return formulas
