"""Comma-separated text: a row of names, then one record per row, as spreadsheets save it.

Invariant: linear in the length of the text; every record has the names of the head, and a row that has more cells than
the head keeps them under the name of their place.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from intake.mapping.unreadable import Limits, Unreadable

# What spreadsheets put between cells; the one that the head has most of.
_SEPARATORS = ",;\t|"


def parse_csv(text: str, limits: Limits) -> list[dict[str, Any]]:
    """The records of a text with a head; blank rows are no records.

    Raises:
        Unreadable: there is no head, no row, or it is no such text.
    """
    head, _, _ = text.lstrip("\r\n").partition("\n")
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[dict[str, Any]] = []
    names: list[str] = []
    left = limits.values
    try:
        for row in reader:
            left -= len(row)
            if left < 0:
                raise Unreadable("too_many_values", f"The body holds more than {limits.values:,} values.")
            if not any(cell.strip() for cell in row):
                continue
            if not names:
                names = [cell.strip() or f"column {place}" for place, cell in enumerate(row, 1)]
                continue
            names += [f"column {place}" for place in range(len(names) + 1, len(row) + 1)]
            records.append(dict(zip(names, row, strict=False)))
    except csv.Error as error:
        raise Unreadable("bad_csv", f"The body is not valid CSV: {error} in line {reader.line_num}.") from error
    if not records:
        raise Unreadable("no_record", "The body is CSV, but has no row below its head.")
    return records
