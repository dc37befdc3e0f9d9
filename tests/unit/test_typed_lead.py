"""A typed lead stands in the payload where its source's mapping looks for it."""

from __future__ import annotations

import pytest

from intake.mapping.engine import apply, split
from intake.mapping.spec import MappingSpec
from intake.services.enter_lead import MANUAL_MAPPING
from intake.sources.presets import names, preset
from intake.typed_lead import payload, typed_fields

EMAIL = "gina@okafor.net"


def mapping(**more: object) -> MappingSpec:
    return MappingSpec.parse({"fields": [{"to": "contact.email", "first_of": ["who.email", "mail"]}], **more})


@pytest.mark.parametrize("items", [None, "data", "data.leads[*]", "[*]", "data[0]"])
def test_a_value_is_found_where_it_was_put_whatever_wraps_the_record(items: str | None) -> None:
    spec = mapping(**({"items": items} if items else {}))
    fields = typed_fields(spec)

    raw = split(payload(spec, fields, {fields[0].name: EMAIL}), spec)

    assert [field.path for field in fields] == [("who", "email")]
    assert len(raw) == 1
    assert apply(spec, raw[0].record).values["contact.email"].value == EMAIL


@pytest.mark.parametrize(
    "more", [{"decode": "form"}, {"decode": "xml"}, {"items": "data[kind=lead]"}, {"items": "data[3]"}]
)
def test_a_mapping_that_cannot_be_written_to_offers_no_field(more: dict[str, object]) -> None:
    assert typed_fields(mapping(**more)) == []


def test_a_field_whose_place_is_taken_or_that_is_constant_is_not_offered() -> None:
    spec = MappingSpec.parse(
        {
            "fields": [
                {"to": "contact.email", "first_of": ["who"]},
                {"to": "contact.phone", "first_of": ["who.phone"]},
                {"to": "contact.language", "constant": "English"},
                {"to": "contact.city", "first_of": ["places[*].city"]},
            ]
        }
    )

    assert [field.target for field in typed_fields(spec)] == ["contact.email"]


def test_where_a_source_has_fixed_words_those_are_offered() -> None:
    spec = MappingSpec.parse(
        {
            "fields": [
                {"to": "contact.email", "first_of": ["email"]},
                {"to": "lead.kind", "first_of": ["wish"], "normalizer": "picklist", "picklist": "wish"},
            ],
            "picklists": {"wish": {"buy a home": "buyer"}},
        }
    )

    assert typed_fields(spec)[1].words == ("buy a home",)


def test_every_field_of_manual_entry_can_be_typed() -> None:
    spec = MappingSpec.parse(MANUAL_MAPPING)

    assert [field.target for field in typed_fields(spec)] == [rule["to"] for rule in MANUAL_MAPPING["fields"]]


@pytest.mark.parametrize("name", names())
def test_what_is_typed_for_a_known_sender_comes_out_of_its_mapping(name: str) -> None:
    spec = MappingSpec.parse(preset(name)["mapping"])
    fields = typed_fields(spec)
    email = next((field for field in fields if field.target == "contact.email"), None)

    if email is not None:
        raw = split(payload(spec, fields, {email.name: EMAIL}), spec)
        assert apply(spec, raw[0].record).values["contact.email"].value == EMAIL
