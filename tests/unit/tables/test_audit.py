"""What an audit counts, in exact figures."""

from __future__ import annotations

import io
import json

from intake.tables import inspect, rows
from intake.tables.audit import Audit, Report, mask, sampled
from intake.tables.recognize import recognize

EXPORT = """Name,Email,Phone,Address,State,Stage
Ann Lee,ann@example.org,312-867-5309,"1 W Oak St, Chicago, IL 60614",IL,Hot
ANN LEE,Ann@Example.org,,"1 West Oak Street, Chicago, IL 60614",IL,Hot
Bob Roe,bad@,(312) 867 5309,,XX,
Cy Poe,n/a,123,,,Cold
,,312-867-5309,,,,surplus
"""


def report(text: str) -> Report:
    file = io.BytesIO(text.encode())
    shape = inspect(file)
    audit = Audit(shape, recognize(shape.columns, sampled(rows(file, shape), shape, 100)))
    for row in rows(file, shape):
        audit.add(row)
    return audit.report()


def test_rows_that_are_misfits_unreachable_or_nameless_are_counted() -> None:
    found = report(EXPORT)

    assert (found.rows, found.misfits, found.unreachable, found.nameless) == (5, 1, 1, 1)


def test_each_column_has_its_fill_rate_its_malformed_and_its_distinct_values() -> None:
    found = {column.name: column for column in report(EXPORT).columns}

    figures = {
        name: (column.target, column.filled, column.malformed, column.distinct) for name, column in found.items()
    }
    assert figures == {
        "Name": ("contact.name", 4, 0, 4),
        "Email": ("contact.email", 3, 1, 3),
        "Phone": ("contact.phone", 4, 1, 3),
        "Address": ("contact.address", 2, 0, 2),
        "State": ("contact.state", 3, 1, 2),
        "Stage": ("", 3, 0, 2),
    }
    assert found["Email"].reasons == (("This is not a complete e-mail address.", 1),)
    assert found["State"].top == (("IL", 2),)
    assert found["Stage"].top == (("H•••", 2),)


def test_duplicates_are_found_by_the_keys_that_an_import_uses() -> None:
    found = {shared.by: shared for shared in report(EXPORT).duplicates}

    figures = {by: (one.compared, one.groups, one.rows, one.extra, one.examples) for by, one in found.items()}
    assert figures == {
        "E-mail": (2, 1, 2, 1, ((2, 3),)),
        "Phone": (3, 1, 3, 2, ((2, 4, 6),)),
        "Name and address": (2, 1, 2, 1, ((2, 3),)),
    }


def test_a_row_that_says_the_same_phone_twice_is_no_duplicate_of_itself() -> None:
    found = report("Name,Phone,Mobile\nAnn,312-867-5309,(312) 867-5309\nBob,312-867-5310,\n")

    assert [(one.by, one.compared, one.groups) for one in found.duplicates] == [
        ("E-mail", 0, 0),
        ("Phone", 2, 0),
        ("Name and address", 0, 0),
    ]


def test_a_report_holds_no_value_of_a_person() -> None:
    text = json.dumps(report(EXPORT + EXPORT.partition("\n")[2]).document()).lower()

    assert not [word for word in ("ann@", "ann lee", "867", "oak", "bad@") if word in text]


def test_a_mask_shows_the_first_letter_and_of_an_e_mail_the_domain() -> None:
    assert mask("ann@example.org", "contact.email") == "a•••@example.org"
    assert mask("Ann Lee") == "A•••"
    assert mask("x") == "•••"
    assert mask("Chicago", "contact.city") == "Chicago"


def test_an_empty_table_has_a_report_of_zeros() -> None:
    found = report("Email\n")

    assert (found.rows, found.columns[0].filled, found.columns[0].distinct) == (0, 0, 0)
