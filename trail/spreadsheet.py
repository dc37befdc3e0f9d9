"""Rows as files that a spreadsheet opens: CSV line by line, Excel by way of a file on disk.

Invariant: no cell starts a formula. What strangers wrote is opened by people in Excel, and a text that begins with
= + - @, a tab or a carriage return would run there; it gets an apostrophe in front (OWASP, CSV injection).
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import Any, BinaryIO, TypeAlias

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

Value: TypeAlias = str | int | float | bool | None
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
EXCEL_CELL = 32_767  # characters that Excel keeps in a cell
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def cell(value: Any) -> Value:
    """A value as a spreadsheet may have it: numbers and yes or no as they are, times as ISO text, texts made safe."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, dict)):
        return safe(json.dumps(value, ensure_ascii=False, default=str)) if value else ""
    return safe(str(value))


def safe(text: str) -> str:
    """A text that starts no formula."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


class _Echo:
    """A file whose write hands the text back; csv.writer returns what it gets from it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A CSV in UTF-8, line by line. The byte order mark tells Excel so."""
    write = csv.writer(_Echo()).writerow
    yield codecs.BOM_UTF8
    yield str(write([safe(head) for head in heads])).encode()
    for row in rows:
        yield str(write([cell(value) for value in row])).encode("utf-8", "replace")


def xlsx_file(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> BinaryIO:
    """An Excel file, open at its beginning; it is gone when it is closed. Rows lie on disk, not in memory."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Steward")
    sheet.append([safe(head) for head in heads])
    for row in rows:
        sheet.append([_excel(cell(value)) for value in row])
    file: Any = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    workbook.save(file)
    file.seek(0)
    kept: BinaryIO = file
    return kept


def _excel(value: Value) -> Value:
    return ILLEGAL_CHARACTERS_RE.sub("", value)[:EXCEL_CELL] if isinstance(value, str) else value
