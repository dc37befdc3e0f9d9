"""A mapping document is taken whole or refused with every problem, its place and the fix."""

from __future__ import annotations

import pytest
import yaml

from intake.mapping.document import MappingInvalid
from intake.mapping.spec import MappingSpec

DOCUMENT = """
source: meta_lead_ads
version: 7
decode: json
kind: lead
items: "entry[*].changes[*].value"
identity: {record_id: [leadgen_id], version: [modified_at], occurred_at: [created_time], is_test: [is_test]}
pivot: [{path: field_data, key: name, value: values}]
context: {tz: America/Chicago, date_order: MDY, area_code: "312"}
empty: ["", "N/A", null, "-"]
fields:
  - {to: contact.phone, first_of: ["phone_number[0]", mobile], normalizer: phone, required: false, on_invalid: null}
  - {to: property.status, first_of: [ListingStatus, status], normalizer: picklist, picklist: listing_status}
  - {to: lead.kind, constant: buyer}
picklists: {listing_status: {Active: active, "Under Contract": pending}}
ignore: ["utm_*"]
"""


def problems(text: str) -> dict[str, str]:
    with pytest.raises(MappingInvalid) as caught:
        MappingSpec.parse(yaml.safe_load(text))
    return dict(caught.value.problems)


def test_the_documented_format_is_read() -> None:
    spec = MappingSpec.parse(yaml.safe_load(DOCUMENT))

    assert (spec.source, spec.version, spec.kind, spec.decode) == ("meta_lead_ads", 7, "lead", "json")
    assert spec.items is not None
    assert spec.items.text == "entry[*].changes[*].value"
    assert [path.text for path in spec.identity.record_id] == ["leadgen_id"]
    assert spec.context.area_code == "312"
    assert spec.context.empty == {"", "n/a", "null", "-"}
    assert [(rule.to, rule.normalizer, rule.on_invalid) for rule in spec.rules] == [
        ("contact.phone", "phone@1", "null"),
        ("property.status", "picklist@1", "null"),
        ("lead.kind", "lead_kind@1", "null"),
    ]
    assert spec.ignore == ("utm_*",)


def test_every_problem_is_named_with_its_place_and_the_fix() -> None:
    found = problems(
        """
        kindd: lead
        kind: deal
        context: {tz: Mars/Base, area_code: 12, date_order: YDM}
        pivot: [{path: field_data, key: name}]
        fields:
          - {to: contact.fone, first_of: [a]}
          - {to: contact.email, first_of: ["a..b"]}
          - {to: lead.kind, constant: byer}
          - {to: property.status, first_of: [x], picklist: nope}
          - {to: contact.phone, first_of: [x], normalizer: fone, on_invalid: drop}
          - {to: property.price}
          - {to: lead.kind, first_of: [kind]}
        """
    )

    assert set(found) == {
        "kindd", "kind", "context.tz", "context.area_code", "context.date_order", "pivot[0].value", "fields[0].to",
        "fields[1].first_of[0]", "fields[2].constant", "fields[3].picklist", "fields[4].normalizer",
        "fields[4].on_invalid", "fields[5].first_of", "fields[6].to",
    }  # fmt: skip
    assert found["kindd"] == "There is no setting 'kindd' here. Did you mean 'kind'?"
    assert found["fields[0].to"] == "There is no target 'contact.fone'. Did you mean 'contact.phone'?"
    assert found["fields[6].to"] == ("lead.kind is already filled by fields[2]. Put its paths into first_of there.")


def test_a_picklist_may_only_hold_our_words_where_ours_are_fixed() -> None:
    found = problems(
        """
        fields: [{to: property.status, first_of: [s], normalizer: picklist, picklist: board}]
        picklists: {board: {Sold: gone}}
        """
    )

    assert list(found) == ["picklists.board.Sold"]


def test_words_that_yaml_reads_as_yes_or_a_number_are_picklist_words_all_the_same() -> None:
    spec = MappingSpec.parse(
        yaml.safe_load(
            """
            fields: [{to: contact.language, first_of: [s], normalizer: picklist, picklist: board}]
            picklists: {board: {Yes: english, 2: spanish}}
            """
        )
    )
    entries = spec.rules[0].entries

    assert entries is not None
    assert (entries.lookup("true"), entries.lookup("2")) == ("english", "spanish")


def test_a_mapping_without_fields_is_refused() -> None:
    assert list(problems("kind: lead")) == ["fields"]


def test_what_joins_and_what_splits_is_a_short_text_and_a_part_is_a_number_but_not_nought() -> None:
    found = problems(
        """
        fields:
          - {to: contact.street, first_of: [a, b], concat: 12}
          - {to: contact.city, first_of: [a], split: "far longer than ten"}
          - {to: contact.zip, first_of: [a], split: ",", part: 0}
        """
    )

    assert set(found) == {"fields[0].concat", "fields[1].split", "fields[2].part"}
