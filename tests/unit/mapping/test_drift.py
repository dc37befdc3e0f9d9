"""What is remembered of a payload is its paths, types and shapes, never what it says."""

from __future__ import annotations

import pytest

from intake.mapping.drift import is_ignored, is_missed, is_read, observe, shape
from intake.mapping.spec import MappingSpec
from intake.mapping.suggest import nearest_word, suggest

SPEC = MappingSpec.parse(
    {
        "pivot": [{"path": "answers", "key": "name", "value": "values"}],
        "fields": [
            {"to": "contact.email", "first_of": ["email[0]"]},
            {"to": "contact.phone", "first_of": ["phones[type=cell].number"]},
        ],
        "ignore": ["utm_*"],
    }
)


def test_a_record_is_seen_as_paths_with_folded_positions_types_and_masked_shapes() -> None:
    record = {
        "answers": [{"name": "email", "values": ["Ann.Lee@Example.com"]}],
        "phones": [{"type": "cell", "number": "(312) 867-5309"}, {"type": "home"}],
        "price": 450000,
        "test": False,
        "note": " ",
        "tags": [],
        "google_key": "a-key-of-google",
    }

    seen = {leaf.path: (leaf.type, leaf.filled, leaf.shape) for leaf in observe(record, SPEC)}

    assert seen == {
        "email[*]": ("text", True, "Aaa.Aaa@Aaaaaaa.aaa"),
        "phones[*].type": ("text", True, "aaaa"),
        "phones[*].number": ("text", True, "(999) 999-9999"),
        "price": ("number", True, "999999"),
        "test": ("yes or no", True, "Aaaaa"),
        "note": ("text", False, ""),
        "tags": ("empty list", False, ""),
        "google_key": ("text", True, "••••"),
    }


def test_a_shape_is_short_and_holds_no_letter_and_no_digit_of_the_value() -> None:
    assert shape("Żółw 7²x!" + "z" * 100) == "Aaaa 99a!" + "a" * 51


def test_what_a_rule_reads_and_what_is_ignored_is_known() -> None:
    assert is_read(SPEC, ("email", "*"))
    assert is_read(SPEC, ("phones", "*", "number"))
    assert not is_read(SPEC, ("phones", "*", "type"))
    assert is_ignored(SPEC, "utm_source")
    assert not is_ignored(SPEC, "source")


@pytest.mark.parametrize(
    ("absent", "filled", "records", "missed"),
    [(19, 100, 100, False), (20, 100, 100, True), (99, 10, 100, False), (100, 10, 100, True), (500, 0, 500, False)],
)
def test_a_path_is_missed_once_chance_no_longer_explains_it(
    absent: int, filled: int, records: int, missed: bool
) -> None:
    assert is_missed(absent=absent, filled=filled, records=records) is missed


@pytest.mark.parametrize(
    ("path", "kind", "target"),
    [
        ("email", "lead", "contact.email"),
        ("Email_Address", "lead", "contact.email"),
        ("form.fields.cell-phone", "lead", "contact.phone"),
        ("work_email[*]", "lead", "contact.email"),
        ("ListPrice", "listing", "property.price"),
        ("address.zip_code", "lead", "contact.zip"),
        ("zip", "listing", "property.zip"),
        ("mesage", "lead", "lead.message"),
        ("zpid", "lead", ""),
        ("[*]", "lead", ""),
    ],
)
def test_a_target_is_suggested_by_the_name_of_a_path(path: str, kind: str, target: str) -> None:
    assert suggest(path, kind) == target


def test_the_nearest_of_our_words_is_offered_for_a_word_of_the_source() -> None:
    assert nearest_word("Under-Contract", ["active_under_contract", "pending"]) == "active_under_contract"
    assert nearest_word("Sold?!", ["active", "hold"]) == ""
