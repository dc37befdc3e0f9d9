"""Columns by their names and by what stands in them, and the mapping that follows."""

from __future__ import annotations

import pytest

from intake.mapping.engine import apply
from intake.mapping.spec import MappingSpec
from intake.records import TARGETS
from intake.tables.column_mapping import column_of, ignoring, path_of, propose, revise, targets_of
from intake.tables.column_names import FIELD_OF
from intake.tables.recognize import recognize

SAMPLE = [
    {"Who": f"p{number}@example.com", "N": "312-867-5309", "L": f"https://example.com/{number}"} for number in range(5)
]


def guessed(*columns: str, kind: str = "lead") -> list[str]:
    return [guess.target for guess in recognize(columns, [], kind)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("First Name", "contact.first_name"),
        ("LastName", "contact.last_name"),
        ("EMAIL_ADDRESS", "contact.email"),
        ("Contact E-mail", "contact.email"),
        ("Mobile Phone", "contact.phone"),
        ("cellphone", "contact.phone"),
        ("ZIP Code", "contact.zip"),
        ("MLS #", "property.mls_id"),
        ("Property Address", "property.address"),
        ("Lead Source", "lead.source_detail"),
        ("Created Date", "lead.occurred_at"),
        ("Something else", ""),
    ],
)
def test_a_column_is_known_by_its_name_however_it_is_written(column: str, target: str) -> None:
    assert guessed(column) == [target]


def test_a_bare_address_is_the_persons_in_leads_and_the_homes_in_listings() -> None:
    assert guessed("Address", "City") == ["contact.address", "contact.city"]
    assert guessed("Address", "City", kind="listing") == ["property.address", "property.city"]


def test_every_e_mail_and_phone_is_kept_and_of_other_fields_the_first_column() -> None:
    assert guessed("Email", "Email 2", "Phone", "Work Phone", "City", "Town") == [
        "contact.email",
        "contact.email",
        "contact.phone",
        "contact.phone",
        "contact.city",
        "",
    ]


def test_a_column_is_known_by_its_content() -> None:
    guesses = recognize(("Who", "N", "L"), SAMPLE)

    assert [(guess.target, guess.why) for guess in guesses] == [
        ("contact.email", "content"),
        ("contact.phone", "content"),
        ("property.url", "content"),
    ]


def test_a_name_is_not_believed_when_no_value_fits_it() -> None:
    sample = [{"Phone": "yes", "Email": "no"} for _ in range(5)]

    assert [guess.target for guess in recognize(("Phone", "Email"), sample)] == ["", ""]


def test_numbers_that_are_ids_are_no_phones() -> None:
    sample = [{"ID": 3128675309 + number} for number in range(5)]

    assert [guess.target for guess in recognize(("ID",), sample)] == [""]


def test_the_proposed_mapping_reads_what_was_recognized() -> None:
    columns = ("Who", "N")
    document = propose(columns, SAMPLE, "lead", {"Who": "contact.email", "N": "contact.phone"})

    mapped = apply(MappingSpec.parse(document), SAMPLE[0])

    assert {name: value.value for name, value in mapped.values.items()} == {
        "contact.email": "p0@example.com",
        "contact.phone": "3128675309",
    }


def test_an_id_is_the_identity_only_with_a_version_beside_it() -> None:
    sample = [{"ID": number, "Last Modified": "2026-11-02", "Email": "a@example.org"} for number in range(3)]
    targets = {"Email": "contact.email"}

    with_version = propose(("ID", "Last Modified", "Email"), sample, "lead", targets)
    without = propose(("ID", "Email"), sample, "lead", targets)
    doubled = propose(("ID", "Last Modified", "Email"), [*sample, sample[0]], "lead", targets)

    assert with_version["identity"] == {"record_id": ["ID"], "version": ["Last Modified"]}
    assert "identity" not in without
    assert "identity" not in doubled


def test_what_somebody_wrote_into_a_mapping_stays_when_a_column_moves() -> None:
    document = {
        "kind": "lead",
        "fields": [
            {"to": "contact.email", "first_of": ["Mail", "deep.mail"], "normalizer": "email@1"},
            {"to": "lead.kind", "first_of": ["Wish"], "normalizer": "picklist", "picklist": "wish", "default": "buyer"},
            {"to": "contact.language", "constant": "English"},
        ],
        "picklists": {"wish": {"buy": "buyer"}},
    }
    before = targets_of(document, ("Mail", "Wish", "Town"))

    after = revise(document, before, {**before, "Mail": "", "Town": "contact.city"})

    assert before == {"Mail": "contact.email", "Wish": "lead.kind", "Town": ""}
    assert after == {
        **document,
        "fields": [
            {"to": "contact.email", "first_of": ["deep.mail"], "normalizer": "email@1"},
            *document["fields"][1:],
            {"to": "contact.city", "first_of": ["Town"]},
        ],
    }
    assert revise(document, before, before) == document


def test_a_column_that_fills_nothing_is_ignored_and_one_that_does_is_not() -> None:
    document = {"fields": [], "ignore": ["utm_*", "Town"]}

    told = ignoring(document, {"Town": "contact.city", "Row": "", "Why [it] was": ""})

    assert told["ignore"] == ["utm_*", "Row", '"Why [[]it] was"']
    assert ignoring({"fields": []}, {"Town": "contact.city"}) == {"fields": []}


@pytest.mark.parametrize("column", ["Email", "E-mail (2)", "a.b", 'say "hi"', "x[0]", "back\\slash", " . "])
def test_a_path_reads_the_column_that_it_was_made_for(column: str) -> None:
    assert column_of(path_of(column)) == column


def test_every_name_leads_to_a_field_that_exists() -> None:
    assert {target for table in FIELD_OF.values() for target in table.values()} <= set(TARGETS)
