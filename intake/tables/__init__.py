"""Tables that people upload: a CSV or Excel file as rows under named columns. Pure.

`inspect` finds once how a file is to be read (its shape); `rows` reads it by that shape, as often as needed, row by
row. Invariant: every row of the file that is not blank comes out exactly once and in order, whatever is wrong with it;
what is wrong stands beside it in words. Memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from intake.tables import csv_file, xlsx_file
from intake.tables.shape import Cell, Row, Shape, TableUnreadable

__all__ = ["Cell", "Row", "Shape", "TableUnreadable", "inspect", "rows"]

_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def inspect(file: BinaryIO) -> Shape:
    """How this file is to be read, and the names of its columns.

    Args:
        file: seekable; read from its beginning.

    Raises:
        TableUnreadable: it is no table; the message says what to do.
    """
    file.seek(0)
    start = file.read(4096)
    if start.startswith(_ZIP):
        return xlsx_file.inspect(file)
    if start.startswith(_OLD_EXCEL):
        raise TableUnreadable(
            "old_excel", "This is an old Excel file (.xls), or one with a password. Save it as .xlsx or CSV."
        )
    if start.lstrip()[:1] == b"<":
        raise TableUnreadable("markup", "This is a web page or XML and not a table. Save it as .xlsx or CSV.")
    return csv_file.inspect(file)


def rows(file: BinaryIO, shape: Shape) -> Iterator[Row]:
    """The rows below the names of the columns, blank ones left out.

    Raises:
        TableUnreadable: the file is broken at some place; the rows before it were read.
    """
    read = xlsx_file.read if shape.format == "xlsx" else csv_file.read
    records = read(file, shape)
    if shape.headed:
        next(records, None)
    for number, cells, problem in records:
        row = Row(number, cells, problem or shape.misfit(cells))
        if not row.blank:
            yield row
