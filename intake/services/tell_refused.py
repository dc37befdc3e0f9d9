"""Tell which rows of a file were refused, and why: the result file of an import.

Invariant: each refused row is told once, with its cells as they stand in the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from intake.models import FileImport
from intake.tables import rows


def refused_heads(one: FileImport) -> list[str]:
    """The columns of the result file: what we say, then the file's own."""
    return ["Row", "Why it was refused", "Code", *one.file.table().columns]


def refused_rows(one: FileImport) -> Iterator[list[Any]]:
    """The refused rows in their order, each with its reason and its cells."""
    shape = one.file.table()
    found = one.refused_rows.order_by("number").iterator()
    with one.file.opened() as file:
        table = rows(file, shape)
        for refused in found:
            cells = next((row.cells for row in table if row.number == refused.number), ())
            yield [refused.number, refused.reason, refused.code, *cells]
