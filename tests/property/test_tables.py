"""The laws of tables: any bytes are rows or a refusal in words; what was written is read back; figures add up."""

from __future__ import annotations

import csv
import io

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.mapping.decode import decode
from intake.mapping.paths import compile_path
from intake.mapping.spec import MappingSpec
from intake.tables import Row, Shape, TableUnreadable, inspect, rows
from intake.tables.audit import Audit
from intake.tables.column_mapping import column_of, path_of, propose, revise, targets_of
from intake.tables.recognize import recognize
from intake.tables.shape import named

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
FILLED = CELLS.filter(lambda cell: bool(cell.strip()))
SNIPPETS = st.sampled_from(
    [
        b'"',
        b'""',
        b",",
        b";",
        b"\n",
        b"\r\n",
        b"\r",
        b"\t",
        b"a@b.com",
        b"Name",
        b"\xff",
        b"\xc3\xa9",
        b"sep=;",
        b"\xef\xbb\xbf",
        b"1",
    ]
)
NAMES = st.sampled_from(["Email", "Phone", "Name", "ID", "City", "Last Modified", "x.y", 'q"q', "Col[0]", "Stage", "é"])


def read(content: bytes) -> tuple[Shape, list[Row]]:
    file = io.BytesIO(content)
    shape = inspect(file)
    return shape, list(rows(file, shape))


@settings(max_examples=300, deadline=None)
@given(content=st.one_of(st.binary(max_size=200), st.lists(SNIPPETS, max_size=40).map(b"".join)))
def test_any_bytes_are_a_table_or_a_refusal_in_words(content: bytes) -> None:
    refused = ""
    try:
        shape, found = read(content)
    except TableUnreadable as refusal:
        refused = str(refusal)
    if refused:
        assert refused.endswith(".")
        return

    assert len(set(shape.columns)) == len(shape.columns)
    assert all(name.strip() for name in shape.columns)
    assert [row.number for row in found] == sorted({row.number for row in found})
    assert Shape.of(orjson.loads(orjson.dumps(shape.document()))) == shape
    for row in found:
        record = shape.record(row)
        # Every cell has a name of its own, and the delivery's bytes are read back as the same record.
        assert len(record) == max(len(row.cells), len(shape.columns))
        assert decode(orjson.dumps(record), "application/json", "json") == record


@settings(max_examples=150, deadline=None)
@given(
    table=st.integers(2, 5).flatmap(
        lambda width: st.lists(st.lists(FILLED, min_size=width, max_size=width), min_size=1, max_size=8)
    ),
    separator=st.sampled_from(",;\t|"),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_spreadsheet_wrote_is_read_back_cell_for_cell(
    table: list[list[str]], separator: str, ending: str
) -> None:
    heads = [f"column {place}" for place in range(len(table[0]))]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=ending, quoting=csv.QUOTE_ALL)
    writer.writerows([heads, *table])

    shape, found = read(text.getvalue().encode())

    assert (shape.separator, shape.columns) == (separator, tuple(heads))
    assert [list(row.cells) for row in found] == table
    assert not [row for row in found if row.problem]


@settings(max_examples=200, deadline=None)
@given(first=st.lists(st.one_of(st.none(), CELLS, st.integers()), max_size=12))
def test_names_of_columns_are_unique_and_can_be_paths(first: list[str | int | None]) -> None:
    names, _, _ = named(first)

    assert len(names) == len(first) == len(set(names))
    for name in names:
        assert column_of(path_of(name)) == name
        assert compile_path(path_of(name)).read({name: "x"}) == [(path_of(name), "x")]


@settings(max_examples=100, deadline=None)
@given(
    columns=st.lists(NAMES, min_size=1, max_size=6, unique=True),
    values=st.lists(
        st.one_of(st.none(), CELLS, st.integers(), st.booleans(), st.just("a@example.org")), min_size=6, max_size=6
    ),
    kind=st.sampled_from(["lead", "listing"]),
)
def test_every_proposal_is_a_mapping_that_can_be_used_and_says_what_it_fills(
    columns: list[str], values: list[object], kind: str
) -> None:
    sample = [dict(zip(columns, values, strict=False)) for _ in range(4)]
    targets = {guess.column: guess.target for guess in recognize(columns, sample, kind)}  # type: ignore[arg-type]

    document = propose(columns, sample, kind, targets)  # type: ignore[arg-type]

    assert targets_of(document, columns) == targets
    assert revise(document, targets, targets) == document
    if document["fields"]:
        MappingSpec.parse(document)


@settings(max_examples=100, deadline=None)
@given(content=st.lists(st.lists(CELLS, min_size=3, max_size=4), max_size=12))
def test_an_audit_adds_up_for_any_cells(content: list[list[str]]) -> None:
    shape = Shape("csv", ("Name", "Email", "Phone"))
    audit = Audit(shape, recognize(shape.columns, []))
    for number, cells in enumerate(content, start=2):
        audit.add(Row(number, tuple(cells)))

    report = audit.report()

    assert report.rows == len(content)
    for column in report.columns:
        assert 0 <= column.malformed <= column.filled <= report.rows
        assert column.distinct <= column.filled
    for shared in report.duplicates:
        assert shared.extra == shared.rows - shared.groups
        assert shared.rows <= shared.compared <= report.rows
