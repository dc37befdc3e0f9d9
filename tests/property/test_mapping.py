"""The laws of the mapping: never raise for a payload, account for every value, and read back what a path shows."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.mapping.document import MappingInvalid
from intake.mapping.engine import apply, content_hash, split
from intake.mapping.paths import PathInvalid, compile_path, leaves, show
from intake.mapping.spec import MappingSpec
from intake.records import CleanRecord, Problem, build

NAMES = st.sampled_from(
    ["email", "phone", "name", "price", "status", "id", "a.b", "a b", "x[0]", 'q"', "", "é", "\\", "0"]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["a@b.com", "512-555-0187", "JOHN SMITH", "$1.2M", "\ud800", "Active", "2024-01-05T00:00:00Z"]),
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=15
)
SPEC = MappingSpec.parse(
    {
        "identity": {"record_id": ["id"], "version": ["status"], "occurred_at": ["a b"], "is_test": ["0"]},
        "pivot": [{"path": "name", "key": "id", "value": "email"}],
        "fields": [
            {
                "to": "contact.email",
                "first_of": ["email", "email[*]", "name[id=email].email"],
                "on_invalid": "keep_raw",
            },
            {"to": "contact.phone", "first_of": ["phone"], "required": True},
            {"to": "contact.name", "first_of": ["name", '"a.b"'], "on_invalid": "review"},
            {"to": "property.mls_id", "first_of": ["id"]},
            {"to": "property.price", "first_of": ["price"], "on_invalid": "keep_raw"},
            {"to": "property.status", "first_of": ["status"], "on_invalid": "reject"},
            {"to": "lead.message", "first_of": ['"a b"'], "default": "none given"},
        ],
        "ignore": ["x*"],
    }
)


@settings(max_examples=150, deadline=None)
@given(payload=JSON)
def test_any_payload_is_split_mapped_and_built_without_an_error(payload: object) -> None:
    before = copy.deepcopy(payload)

    for item in split(payload, SPEC):
        mapped = apply(SPEC, item.record)
        assert all(problem.message.endswith(".") for problem in mapped.problems)
        for kind in ("lead", "listing"):
            built = build(kind, mapped.plain())
            assert isinstance(built, CleanRecord) or (built and all(isinstance(reason, Problem) for reason in built))

    assert repr(payload) == repr(before)


@settings(max_examples=100, deadline=None)
@given(payload=JSON)
def test_mapping_a_record_twice_gives_the_same(payload: object) -> None:
    items = split(payload, SPEC)

    assert [item.content_hash for item in items] == [item.content_hash for item in split(payload, SPEC)]
    assert [repr(apply(SPEC, item.record)) for item in items] == [repr(apply(SPEC, item.record)) for item in items]


@settings(max_examples=100, deadline=None)
@given(record=st.dictionaries(NAMES, JSON, max_size=4))
def test_the_order_of_members_does_not_change_the_hash(record: dict[str, object]) -> None:
    assert content_hash(dict(reversed(record.items()))) == content_hash(record)


@settings(max_examples=150, deadline=None)
@given(payload=JSON)
def test_the_place_of_a_value_reads_that_value(payload: object) -> None:
    for found_at, value in compile_path("[*]").read([payload]) + compile_path("[*].email").read([payload]):
        assert (
            compile_path(found_at).read([payload]) == [(found_at, value)] or value != value or repr(value).count("nan")
        )


@settings(max_examples=150, deadline=None)
@given(payload=JSON)
def test_every_leaf_template_compiles_and_finds_something(payload: object) -> None:
    for template in leaves(payload):
        if template:
            assert compile_path(show(template)).read(payload)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=30) | st.text(alphabet='ab.[]*="0 -', max_size=12))
def test_any_text_is_a_path_or_a_sentence(text: str) -> None:
    try:
        found = compile_path(text).read({"a": [{"b": 1}]})
    except PathInvalid as problem:
        found, sentence = [], str(problem)
    else:
        sentence = "."

    assert isinstance(found, list)
    assert sentence


@settings(max_examples=150, deadline=None)
@given(
    document=JSON
    | st.dictionaries(
        st.sampled_from(["kind", "fields", "pivot", "identity", "context", "picklists", "ignore", "empty", "items"]),
        JSON,
    )
    | st.fixed_dictionaries(
        {
            "fields": st.lists(
                st.dictionaries(
                    st.sampled_from(["to", "first_of", "normalizer", "picklist", "constant", "default", "on_invalid"]),
                    JSON | st.just("contact.email") | st.just("property.status"),
                )
            )
        }
    )
)
def test_any_document_is_a_mapping_or_a_list_of_problems(document: object) -> None:
    try:
        problems = (("rules", str(len(MappingSpec.parse(document).rules)) + "."),)
    except MappingInvalid as problem:
        problems = problem.problems

    assert problems
    assert all(place and message.endswith((".", "?")) for place, message in problems)


def test_a_document_of_another_type_is_refused() -> None:
    with pytest.raises(MappingInvalid):
        MappingSpec.parse(["contact.email"])
