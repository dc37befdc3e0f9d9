"""Payloads on screen: secrets never, values only for who may see them, and always something."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.admin.payload import masked, pretty
from intake.mapping.secret_names import HIDDEN

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "name", ["google_key", "client_secret", "access_token", "Token", "X-Api-Key", "apiKey", "password", "signature"]
)
def test_what_proves_something_is_hidden_from_everybody_at_any_depth(name: str) -> None:
    tree = {"a": [{name: "s3cret", "email": "x@example.com"}], name: {"deep": "s3cret"}}

    shown = json.dumps(masked(tree), ensure_ascii=False)

    assert "s3cret" not in shown
    assert "x@example.com" in shown


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"google_key": "s3cret", "email": "x@example.com"}', "application/json"),
        (b"google_key=s3cret&email=x%40example.com", "application/x-www-form-urlencoded"),
        (b"<lead><google_key>s3cret</google_key><email>x@example.com</email></lead>", "application/xml"),
    ],
)
def test_every_format_is_masked_the_same(body: bytes, content_type: str) -> None:
    opened, _ = pretty(body, content_type, open_values=True)
    closed, note = pretty(body, content_type, open_values=False)

    assert "x@example.com" in opened
    assert "s3cret" not in opened
    assert "x@example.com" not in closed
    assert "email" in closed
    assert note.startswith("Values are hidden.")


@given(st.binary(max_size=200), st.sampled_from(["", "application/json", "text/xml", "multipart/form-data"]))
def test_any_bytes_show_something_and_nothing_fails(body: bytes, content_type: str) -> None:
    for open_values in (True, False):
        text, _ = pretty(body, content_type, open_values=open_values)
        assert isinstance(text, str)


@given(TREES)
def test_masking_everything_keeps_the_shape_and_no_value(tree: Any) -> None:
    def leaves(node: Any) -> list[Any]:
        if isinstance(node, dict):
            return [leaf for entry in node.values() for leaf in leaves(entry)]
        if isinstance(node, list):
            return [leaf for entry in node for leaf in leaves(entry)]
        return [node]

    assert set(leaves(masked(tree, everything=True))) <= {HIDDEN, None, ""}


def test_unreadable_bytes_are_shown_only_to_who_may_see_values() -> None:
    opened, _ = pretty(b"{not json, x@example.com", "application/json", open_values=True)
    closed, _ = pretty(b"{not json, x@example.com", "application/json", open_values=False)

    assert "x@example.com" in opened
    assert "x@example.com" not in closed
    assert closed.startswith("24 bytes that cannot be read:")
