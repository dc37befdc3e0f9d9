"""CSV files as the world writes them: every encoding, separator and slip has one clear result, and no row is lost."""

from __future__ import annotations

import io

import pytest

from intake.tables import Row, Shape, TableUnreadable, inspect, rows


def read(content: bytes | str) -> tuple[Shape, list[Row]]:
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    shape = inspect(file)
    return shape, list(rows(file, shape))


def records(content: bytes | str) -> list[dict[str, object]]:
    shape, found = read(content)
    return [shape.record(row) for row in found]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Name,City\nJosé,Köln\n".encode(), "utf-8"),
        ("Name,City\nJosé,Köln\n".encode("utf-8-sig"), "utf-8-sig"),
        ("Name,City\nJosé,Köln\n".encode("cp1252"), "cp1252"),
        ("Name,City\nJosé,Köln\n".encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + "Name,City\nJosé,Köln\n".encode("utf-16-be"), "utf-16"),
    ],
)
def test_the_encoding_is_found(content: bytes, encoding: str) -> None:
    shape, found = read(content)

    assert (shape.encoding, shape.columns) == (encoding, ("Name", "City"))
    assert [row.cells for row in found] == [("José", "Köln")]


def test_a_guessed_encoding_is_said() -> None:
    shape, _ = read("Name\nJosé\n".encode("cp1252"))

    assert any("Windows-1252" in note for note in shape.notes)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_though_others_stand_in_the_cells(separator: str) -> None:
    lines = [("Name", "Note", "Email"), ("Lee, Ann", "a;b|c", "ann@example.com"), ("Roe, Jo", "x,y", "jo@example.com")]
    text = "\r\n".join(separator.join(f'"{cell}"' for cell in line) for line in lines)

    shape, found = read(text)

    assert shape.separator == separator
    assert [row.cells for row in found] == lines[1:]


def test_the_line_that_names_the_separator_for_excel_is_no_row() -> None:
    shape, found = read("sep=;\na;b,c\n1;2\n")

    assert (shape.separator, shape.columns) == (";", ("a", "b,c"))
    assert [(row.number, row.cells) for row in found] == [(3, ("1", "2"))]


def test_a_newline_in_quotes_belongs_to_its_cell() -> None:
    assert records('Name,Note\nAnn,"two\nlines"\nBob,one\n') == [
        {"Name": "Ann", "Note": "two\nlines"},
        {"Name": "Bob", "Note": "one"},
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_ends_a_line(ending: str) -> None:
    assert records(ending.join(("a,b", "1,2", "3,4"))) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_columns_without_a_name_or_with_the_same_name_get_one_of_their_own_and_it_is_said() -> None:
    shape, _ = read("Email,,Email\na@example.com,x,b@example.org\n".replace("Email", "E"))

    assert shape.columns == ("E", "Column 2", "E (2)")
    assert len(shape.notes) == 2


def test_a_name_that_already_looks_like_a_made_one_is_not_taken_twice() -> None:
    shape, _ = read("E,E,E (2)\n1,2,3\n")

    assert shape.columns == ("E", "E (2)", "E (2) (2)")


def test_a_first_row_with_an_address_is_a_person_and_no_head() -> None:
    shape, found = read("ann@example.com,Ann\nbob@example.com,Bob\n")

    assert (shape.headed, shape.columns) == (False, ("Column 1", "Column 2"))
    assert [row.cells[1] for row in found] == ["Ann", "Bob"]


def test_a_short_row_has_empty_cells_and_a_long_one_a_problem_and_all_its_cells() -> None:
    shape, found = read("a,b\n1\n1,2,3\n1,2,,\n")

    assert [shape.record(row) for row in found] == [
        {"a": "1", "b": ""},
        {"a": "1", "b": "2", "Column 3": "3"},
        {"a": "1", "b": "2", "Column 3": "", "Column 4": ""},
    ]
    assert [row.problem.code if row.problem else "" for row in found] == ["", "too_many_cells", ""]


def test_blank_rows_are_no_rows_and_the_numbers_are_those_of_a_spreadsheet() -> None:
    _, found = read("\na,b\n\n1,2\n , \n3,4\n")

    assert [(row.number, row.cells) for row in found] == [(4, ("1", "2")), (6, ("3", "4"))]


def test_a_quotation_mark_that_never_closes_spoils_its_own_row_only() -> None:
    _, found = read('Name,Email\nAnn,ann@example.com\n"Bob,bob@example.com\nCy,cy@example.com\n')

    assert [row.cells[0] for row in found] == ["Ann", '"Bob', "Cy"]
    assert [row.problem.code if row.problem else "" for row in found] == ["", "open_quote", ""]


def test_an_open_quotation_mark_before_very_long_lines_spoils_its_own_row_only() -> None:
    _, found = read('Name,Note\n"Ann,x\n' + "".join(f"p{place},{'y' * 400_000}\n" for place in range(6)))

    assert [row.cells[0] for row in found] == ['"Ann', *(f"p{place}" for place in range(6))]
    assert [bool(row.problem) for row in found] == [True, *[False] * 6]


def test_a_quotation_mark_within_a_cell_is_a_letter() -> None:
    assert records('Name,Size\nAnn,5" pipe\nBob,6" pipe\n') == [
        {"Name": "Ann", "Size": '5" pipe'},
        {"Name": "Bob", "Size": '6" pipe'},
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old_excel"),
        (b"<html><table>", "markup"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        (b"PK\x03\x04 no archive", "broken"),
        (b"," * 600 + b"\n", "empty"),
        (",".join(f"c{place}" for place in range(600)).encode(), "too_wide"),
        (b"a" * 1_100_000, "long_line"),
    ],
)
def test_what_is_no_table_is_refused_with_a_code_and_a_sentence(content: bytes, code: str) -> None:
    with pytest.raises(TableUnreadable) as refused:
        read(content)

    assert refused.value.code == code
    assert str(refused.value).endswith(".")


def test_shape_and_rows_survive_json() -> None:
    shape, found = read("a,b\n1,2,3\n")

    assert Shape.of(shape.document()) == shape
    assert [Row.of(row.document()) for row in found] == found
