"""Paths read what they say, from where they say."""

from __future__ import annotations

import pytest

from intake.mapping.paths import PathInvalid, compile_path, leaves, show

RECORD = {
    "email": "a@b.com",
    "phones": [{"type": "home", "number": "1"}, {"type": "cell", "number": "2"}],
    "values": ["x", "y"],
    "1.3": "Ann",
    "First Name": "Bob",
    "@id": 7,
    "nested": {"deep": {"er": None}},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("email", [("email", "a@b.com")]),
        ("nested.deep.er", [("nested.deep.er", None)]),
        ("values[0]", [("values[0]", "x")]),
        ("values.1", [("values[1]", "y")]),
        ("values[-1]", [("values[1]", "y")]),
        ("values[5]", []),
        ("values[*]", [("values[0]", "x"), ("values[1]", "y")]),
        ("phones[type=cell].number", [("phones[1].number", "2")]),
        ("phones[type='home'].number", [("phones[0].number", "1")]),
        ("phones[*].number", [("phones[0].number", "1"), ("phones[1].number", "2")]),
        ('"1.3"', [('"1.3"', "Ann")]),
        ('["1.3"]', [('"1.3"', "Ann")]),
        ("First Name", [("First Name", "Bob")]),
        ("@id", [("@id", 7)]),
        ("email[0]", [("email[0]", "a@b.com")]),
        ("missing.deep", []),
        ("email.deep", []),
    ],
)
def test_a_path_finds_values_with_their_place(path: str, found: list[tuple[str, object]]) -> None:
    assert compile_path(path).read(RECORD) == found


@pytest.mark.parametrize(
    "text", ["", "  ", "a..b", ".a", "a.", "a[", "a[]", "a[1", "a]", "a.[0]", "a=b", "a[1]b", "x" * 301]
)
def test_a_text_that_is_no_path_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(PathInvalid, match=r"path|\."):
        compile_path(text)


def test_leaves_fold_list_positions_and_keep_document_order() -> None:
    templates = [show(template) for template in leaves(RECORD)]

    assert templates == [
        "email", "phones[*].type", "phones[*].number", "values[*]", '"1.3"', "First Name", "@id", "nested.deep.er",
    ]  # fmt: skip


def test_a_very_deep_record_is_cut_and_not_followed_without_end() -> None:
    record: dict[str, object] = {}
    inner = record
    for _ in range(5000):
        inner["a"] = {}
        inner = inner["a"]  # type: ignore[assignment]

    (template,) = leaves(record)

    assert len(template) == 30
