"""CSV files: encoding, separator, quoted newlines, and quotation marks that never close.

Invariant: the file is read line by line. A quotation mark that opens a cell and is not closed within `CELL_LINES` lines
spoils its own line only; without that, one stray mark would swallow the rest of the file as one cell.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import BinaryIO

from intake.mapping.decode import FALLBACK_ENCODING
from intake.tables.shape import Cell, Problem, Shape, TableUnreadable, named

SEPARATORS = (",", ";", "\t", "|")
CELL_LINES = 500  # lines of one row; a message with more is a quotation mark that was forgotten
LINE = 1_000_000  # characters of one line
_SAMPLE = 60  # rows by which the separator is chosen
_CHUNK = 1024 * 1024
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OPEN_QUOTE = Problem(
    "open_quote",
    "A quotation mark opens a cell here and none closes it, so the ends of this row's cells are not certain. "
    "Mend the row in a new file; or redrive it to take it as it stands.",
)
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}

# Of a row no more is read than the lines below this size and one more.
csv.field_size_limit(2 * LINE)


def inspect(file: BinaryIO) -> Shape:
    """Encoding, separator and columns."""
    encoding, notes = _encoding(file)
    lines = _lines(file, encoding)
    sample = list(islice(lines, _SAMPLE))
    told = _told(sample[0]) if sample else ""
    separator = told or _separator(sample[1:] if told else sample)
    first = next((cells for _, cells, _ in _records(iter(sample), separator) if any(cells)), None)
    if first is None:
        raise TableUnreadable("empty", "The file is empty. There is nothing to import.")
    columns, headed, said = named(first)
    if len(columns) == 1:
        notes += ("The file has a single column. If it should have more, save it with commas between the cells.",)
    return Shape("csv", columns, headed, encoding, separator, notes=(*notes, *said))


def read(file: BinaryIO, shape: Shape) -> Iterator[tuple[int, tuple[Cell, ...], Problem | None]]:
    """Every row from the first that is not blank: its number, cells and problem."""
    begun = False
    for record in _records(_lines(file, shape.encoding), shape.separator):
        begun = begun or any(record[1])
        if begun:
            yield record


def separator_name(separator: str) -> str:
    """As people call it."""
    return _NAMES.get(separator, separator)


def _encoding(file: BinaryIO) -> tuple[str, tuple[str, ...]]:
    """By its byte order mark; else UTF-8 if all of it is; else Windows-1252, with a note."""
    file.seek(0)
    start = file.read(4)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding, ()
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            if b"\x00" in chunk:
                raise TableUnreadable("binary", "This is neither a CSV nor an Excel file. Save it as .xlsx or CSV.")
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        note = "The file is not in UTF-8 and was read as Windows-1252. Look whether accents stand right below."
        return FALLBACK_ENCODING, (note,)
    return "utf-8", ()


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        while line := text.readline(LINE):
            if len(line) >= LINE:
                raise TableUnreadable("long_line", f"A line is longer than {LINE:,} characters. This is no CSV file.")
            yield line.replace("\x00", "")
    finally:
        with suppress(ValueError):  # whoever opened the file may have closed it before this reader is thrown away
            text.detach()


def _told(line: str) -> str:
    """The separator that Excel writes above a table: `sep=;`."""
    text = line.strip("\r\n")
    return text[4] if len(text) == 5 and text.lower().startswith("sep=") else ""


def _separator(sample: list[str]) -> str:
    """The one by which most rows are as wide as the first; of several, the one that makes the most columns."""

    def fit(separator: str) -> tuple[float, int]:
        widths = [len(cells) for _, cells, _ in _records(iter(sample), separator) if any(cells)]
        if not widths or widths[0] < 2:
            return 0.0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0]

    return max(SEPARATORS, key=fit)


def _records(lines: Iterator[str], separator: str) -> Iterator[tuple[int, tuple[str, ...], Problem | None]]:
    waiting: deque[str] = deque()
    number = 0
    while True:
        taken: list[str] = []
        ended = False

        def feed() -> Iterator[str]:
            nonlocal ended
            size = 0
            while len(taken) < CELL_LINES and size < LINE:  # noqa: B023 - used up within this turn of the loop
                line = waiting.popleft() if waiting else next(lines, None)
                if line is None:
                    break
                taken.append(line)  # noqa: B023
                size += len(line)
                yield line
            ended = True

        cells = next(csv.reader(feed(), delimiter=separator), None)
        if cells is None:
            return
        number += 1
        if number == 1 and _told(taken[0]):
            continue
        problem = None
        if ended:  # asked for a further line and got none: a quotation mark was still open
            waiting.extendleft(reversed(taken[1:]))
            alone = csv.reader([taken[0]], delimiter=separator, quoting=csv.QUOTE_NONE)
            cells, problem = next(alone), _OPEN_QUOTE
        yield number, tuple(cells), problem
