"""Payloads become items, items become values that each know where they came from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from intake.mapping.engine import Mapped, MappedValue, apply, split
from intake.mapping.spec import MappingSpec
from intake.normalize.result import IssueCode, Result
from intake.records import CleanRecord, build


def spec_of(*fields: dict[str, Any], **settings: Any) -> MappingSpec:
    return MappingSpec.parse({"fields": list(fields), **settings})


EMAIL = {"to": "contact.email", "first_of": ["email"]}

BOARD = spec_of(
    {"to": "property.mls_id", "first_of": ["ListingId"]},
    {"to": "property.price", "first_of": ["ListPrice"]},
    {"to": "property.status", "first_of": ["ListingStatus"], "normalizer": "picklist", "picklist": "listing_status"},
    {"to": "contact.phone", "first_of": ["phone"]},
    EMAIL,
    context={"area_code": "312"},
    picklists={"listing_status": {"A": "active", "Under Contract": "pending"}},
)
PORTAL = spec_of(
    {"to": "property.mls_id", "first_of": ["MLSNumber"]},
    {"to": "property.price", "first_of": ["current_price"]},
    {"to": "property.status", "first_of": ["property_status"], "normalizer": "picklist", "picklist": "listing_status"},
    {"to": "contact.phone", "first_of": ["phone"]},
    EMAIL,
    picklists={"listing_status": {"for sale": "active", "under_contract": "pending"}},
)


def plain(mapped: Mapped) -> dict[str, Any]:
    """The values as `build` takes them; of an e-mail or phone the value that its Result holds."""
    return {target: value.value if isinstance(value, Result) else value for target, value in mapped.plain().items()}


def test_the_reference_example_reads_the_same_from_the_board_and_from_the_portal() -> None:
    board = {
        "ListingId": "A-1001", "ListPrice": "$450,000.00", "ListingStatus": "Under Contract", "phone": "123-4567",
        "email": "  Ann.Lee@Example.COM ",
    }  # fmt: skip
    portal = {
        "MLSNumber": "a-1001", "current_price": "450k", "property_status": "UNDER_CONTRACT", "phone": "555.123.4567",
        "email": "ANN.LEE@EXAMPLE.com",
    }  # fmt: skip

    from_board, from_portal = apply(BOARD, board), apply(PORTAL, portal)

    expected = {
        "property.mls_id": "A-1001",
        "property.price": 450_000,
        "property.status": "pending",
        "contact.email": "ann.lee@example.com",
    }
    assert plain(from_board) == {**expected, "contact.phone": "3121234567"}
    assert plain(from_portal) == {**expected, "contact.phone": "5551234567"}
    assert [issue.code for issue in from_portal.values["contact.phone"].issues] == [IssueCode.UNASSIGNED_NUMBER]
    assert from_board.problems == from_portal.problems == []
    assert from_board.unmapped == from_portal.unmapped == []


META = spec_of(
    {"to": "contact.phone", "first_of": ["phone_number[0]"]},
    {"to": "contact.email", "first_of": ["email[0]"]},
    {"to": "contact.name", "first_of": ["full_name[0]"]},
    items="entry[*].changes[*].value",
    identity={"record_id": ["leadgen_id"], "occurred_at": ["created_time"], "is_test": ["is_test"]},
    pivot=[{"path": "field_data", "key": "name", "value": "values"}],
    ignore=["leadgen_id", "form_*"],
)


def meta_lead(number: int, **fields: str) -> dict[str, Any]:
    answers = [{"name": name, "values": [value]} for name, value in fields.items()]
    return {"leadgen_id": number, "created_time": 1_767_225_600, "form_id": 9, "field_data": answers}


def test_a_meta_batch_is_split_into_its_leads_with_their_identity() -> None:
    changes = [{"field": "leadgen", "value": meta_lead(number, email=f"a{number}@b.com")} for number in (1, 2)]
    payload = {"object": "page", "entry": [{"id": "7", "changes": changes}, {"id": "8", "changes": [changes[0]]}]}

    items = split(payload, META)

    assert [(item.position, item.record_id) for item in items] == [(0, "1"), (1, "2"), (2, "1")]
    assert items[0].content_hash == items[2].content_hash != items[1].content_hash
    assert items[0].occurred_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert items[0].is_test is False


def test_name_and_value_pairs_become_members_of_the_record() -> None:
    mapped = apply(META, meta_lead(1, full_name="SMITH, JOHN Q", phone_number="(512) 555-0187 x5", favorite="blue"))

    assert plain(mapped) == {
        "contact.phone": "5125550187",
        "contact.phone_ext": "5",
        "contact.first_name": "John",
        "contact.middle_name": "Q",
        "contact.last_name": "Smith",
    }
    assert mapped.unmapped == ["favorite[*]"]
    assert mapped.values["contact.last_name"] == MappedValue("Smith", "SMITH, JOHN Q", "full_name[0]", "name@1")


def test_google_columns_are_pivoted_too() -> None:
    spec = spec_of(
        EMAIL | {"first_of": ["EMAIL"]},
        pivot=[{"path": "user_column_data", "key": "column_id", "value": "string_value"}],
    )
    payload = {"user_column_data": [{"column_id": "EMAIL", "string_value": "A@B.com", "column_name": "E-mail"}]}

    assert plain(apply(spec, payload)) == {"contact.email": "a@b.com"}


@pytest.mark.parametrize(
    ("payload", "records"),
    [
        ([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 2}]),
        ({"a": 1}, [{"a": 1}]),
        (["x"], [{"value": "x"}]),
        ([], []),
        (None, []),
    ],
)
def test_an_array_is_its_members_and_an_object_is_one_item(payload: object, records: list[object]) -> None:
    assert [item.record for item in split(payload, spec_of(EMAIL))] == records


def test_a_payload_without_the_place_of_its_items_has_none() -> None:
    assert split({"object": "page"}, META) == []


def test_the_first_usable_value_wins_and_says_where_it_was() -> None:
    spec = spec_of({"to": "contact.phone", "first_of": ["home", "mobile"]})

    mapped = apply(spec, {"home": "call me", "mobile": "512-555-0187"})

    assert mapped.values["contact.phone"].value == "5125550187"
    assert mapped.values["contact.phone"].path == "mobile"


@pytest.mark.parametrize("normalizer", ["email", "text"])
def test_a_contact_point_is_the_same_whoever_cleaned_it(normalizer: str) -> None:
    spec = spec_of(EMAIL | {"normalizer": normalizer}, {"to": "contact.phone", "first_of": ["phone"]})

    mapped = build("lead", apply(spec, {"email": " A.B+x@GMAIL.com", "phone": "(512) 867-5309 x4"}).plain())
    raw = build("lead", {"contact.email": " A.B+x@GMAIL.com", "contact.phone": "(512) 867-5309 x4"})

    assert isinstance(mapped, CleanRecord)
    assert isinstance(raw, CleanRecord)
    assert mapped.contact == raw.contact
    assert mapped.contact is not None
    assert [point.folded for point in mapped.contact.points] == ["ab@gmail.com", "+15128675309"]


def test_several_rules_for_one_list_target_are_several_contact_points() -> None:
    spec = spec_of({"to": "contact.phone", "first_of": ["home"]}, {"to": "contact.phone", "first_of": ["cell"]}, EMAIL)

    built = build("lead", apply(spec, {"home": "512-555-0187", "cell": "512-555-0188 x9", "email": "A@b.com"}).plain())

    assert isinstance(built, CleanRecord)
    assert built.contact is not None
    assert [(point.kind, point.key, point.extension, point.primary) for point in built.contact.points] == [
        ("phone", "+15125550187", "", True),
        ("phone", "+15125550188", "9", False),
        ("email", "a@b.com", "", True),
    ]


def test_a_default_is_used_only_when_every_path_is_empty_and_says_so() -> None:
    spec = spec_of({"to": "lead.kind", "first_of": ["kind"], "default": "buyer"})

    assert apply(spec, {"kind": " N/A "}).values["lead.kind"] == MappedValue(
        "buyer", "buyer", "", "default", key="buyer"
    )
    assert apply(spec, {"kind": "astronaut"}).values["lead.kind"].value is None


def test_zero_and_false_are_values_and_not_empty() -> None:
    spec = spec_of({"to": "property.beds", "first_of": ["beds"]}, {"to": "contact.do_not_call", "first_of": ["dnc"]})

    assert apply(spec, {"beds": 0, "dnc": False}).plain() == {"property.beds": 0, "contact.do_not_call": False}


@pytest.mark.parametrize(
    ("on_invalid", "value", "codes"),
    [("null", None, []), ("keep_raw", "call us", []), ("reject", None, ["rejected"]), ("review", None, ["review"])],
)
def test_an_unusable_value_is_treated_as_the_mapping_says(on_invalid: str, value: object, codes: list[str]) -> None:
    spec = spec_of({"to": "property.price", "first_of": ["price"], "on_invalid": on_invalid})

    mapped = apply(spec, {"price": "call us"})

    assert mapped.values["property.price"].value == value
    assert mapped.values["property.price"].raw == "call us"
    assert [issue.code for issue in mapped.values["property.price"].issues] == [IssueCode.NO_AMOUNT]
    assert [problem.code for problem in mapped.problems] == codes


def test_a_required_value_that_is_missing_or_unusable_is_a_problem_in_words() -> None:
    spec = spec_of({"to": "property.mls_id", "first_of": ["id", "ListingId"], "required": True})

    (missing,), (unusable,) = apply(spec, {}).problems, apply(spec, {"id": "#"}).problems

    assert missing.message == (
        "property.mls_id is required and empty at id, ListingId. Add its path, or make it optional."
    )
    assert unusable.code == "required_unusable"
    assert "id" in unusable.message


def test_what_was_mapped_itself_is_not_overwritten_by_the_parts_of_a_whole() -> None:
    spec = spec_of(
        {"to": "contact.name", "first_of": ["name"]},
        {"to": "contact.last_name", "first_of": ["last"]},
        {"to": "property.address", "first_of": ["address"]},
        {"to": "property.city", "first_of": ["city"]},
    )
    record = {"name": "Ann Lee", "last": "Lee-Park", "address": "12 Oak St #3, Austin, TX 78701", "city": "Round Rock"}

    assert apply(spec, record).plain() == {
        "contact.first_name": "Ann",
        "contact.last_name": "Lee-Park",
        "property.street": "12 Oak St",
        "property.unit": "# 3",
        "property.city": "Round Rock",
        "property.state": "TX",
        "property.zip": "78701",
    }


def test_an_unknown_status_stays_unknown() -> None:
    mapped = apply(PORTAL, {"property_status": "Back on Market"})

    assert mapped.plain() == {}
    assert [issue.code for issue in mapped.values["property.status"].issues] == [IssueCode.UNMAPPED_VALUE]


def test_an_identifier_that_is_too_long_stays_apart_from_its_like() -> None:
    spec = spec_of(EMAIL, identity={"record_id": ["id"]})

    first, second = split([{"id": "x" * 500 + "1"}, {"id": "x" * 500 + "2"}], spec)

    assert len(first.record_id) <= 120
    assert first.record_id != second.record_id


def test_a_record_that_json_cannot_hold_still_has_a_hash() -> None:
    odd = [{"a": "\ud800"}, {"a": 10**30}]

    assert len({item.content_hash for item in split(odd, spec_of(EMAIL))}) == 2


def test_concat_joins_all_that_is_there_in_the_order_of_its_paths() -> None:
    spec = spec_of({"to": "contact.street", "first_of": ["no", "street", "extra"], "concat": " "})

    mapped = apply(spec, {"no": 12, "street": "Elm Street", "extra": "n/a"})

    assert (mapped.values["contact.street"].value, mapped.values["contact.street"].path) == ("12 Elm St", "no + street")
    assert "contact.street" not in apply(spec, {"no": None}).values


@pytest.mark.parametrize(("part", "value"), [(1, "Lee"), (2, "Ann"), (-1, "Dr"), (-3, "Lee"), (4, None), (-4, None)])
def test_split_takes_one_part_of_a_text_from_either_end(part: int, value: str | None) -> None:
    spec = spec_of({"to": "contact.last_name", "first_of": ["name"], "split": ",", "part": part})

    mapped = apply(spec, {"name": "Lee, Ann, Dr"})

    assert (mapped.values["contact.last_name"].value if mapped.values else None) == value


def test_split_leaves_what_is_no_text_as_it_is_and_the_next_path_is_asked_where_the_part_is_missing() -> None:
    spec = spec_of({"to": "property.price", "first_of": ["price", "other"], "split": "/", "part": 2})

    assert apply(spec, {"price": 450000}).values["property.price"].value == 450_000
    assert apply(spec, {"price": "450k", "other": "x/500k"}).values["property.price"].value == 500_000


def test_a_pinned_normalizer_stands_behind_a_name_without_a_version() -> None:
    document = {"fields": [EMAIL]}

    assert MappingSpec.parse(document, {"email": "email@1"}).rules[0].normalizer == "email@1"
    assert MappingSpec.parse(document).normalizers == {"email": "email@1"}
