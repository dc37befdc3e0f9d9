"""Any bytes under any declared type: a storable tree, or Unreadable. Nothing else, ever."""

from __future__ import annotations

import json
from urllib.parse import quote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from intake.mapping.decode import FORMATS, Unreadable, decode, read

TYPES = (
    "",
    "application/json",
    "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/xml; charset=latin-1",
    "text/plain; charset=utf-8",
    "é\ud800; charset=\x00",
)
fragments = st.lists(
    st.one_of(
        st.binary(max_size=12),
        st.sampled_from(
            [
                b"--x\r\n",
                b"--x--",
                b'Content-Disposition: form-data; name="a"; filename=',
                b"\r\n\r\n",
                b"<a>",
                b"</a>",
                b"<a b='c'/>",
                b"<![CDATA[",
                b"<!DOCTYPE a [",
                b"<?xml version='1.0' encoding='utf-16'?>",
                b"a[b][]=",
                b"&",
                b"%ff",
                b'{"a":',
                b"[",
                b"]}",
                b"NaN",
                b'"\\ud800"',
                b"1e400",
                b"\xef\xbb\xbf",
                b"\xff\xfe",
                b"\x00",
                b"rawRequest={",
            ]
        ),
    ),
    max_size=12,
).map(b"".join)
keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=10)
trees = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**80), 2**80),
        st.floats(-1e15, 1e15),
        keys,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=15,
)


@settings(max_examples=1500)
@given(
    body=fragments,
    content_type=st.one_of(st.sampled_from(TYPES), st.text(max_size=60)),
    how=st.sampled_from(FORMATS),
)
@example(body=b"\xff\xfe{", content_type="text/xml", how="xml")
def test_only_unreadable_is_raised_and_what_is_read_can_be_stored(body, content_type, how):
    value = _decoded(body, content_type, how)
    if isinstance(value, Unreadable):
        assert value.code
        assert value.sentence.endswith(".")
        return
    text = json.dumps(value, allow_nan=False)
    assert "\\u0000" not in text
    assert text.encode()
    assert json.dumps(value, ensure_ascii=False).encode()  # no lone surrogate


@given(value=st.one_of(st.lists(trees, max_size=5), st.dictionaries(keys, trees, max_size=5)))
def test_json_comes_back_as_it_was(value):
    decoded = read(json.dumps(value).encode(), "application/json")

    assert decoded.value == value
    assert decoded.notes == ()


@given(fields=st.dictionaries(st.from_regex(r"[a-z_.0-9]{1,8}", fullmatch=True), keys, min_size=1, max_size=8))
def test_a_flat_form_comes_back_as_it_was_in_every_writing(fields):
    form = "&".join(f"{quote(name)}={quote(text)}" for name, text in fields.items())
    parts = "".join(
        f'--=_b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()
    )

    assert decode(form.encode(), "application/x-www-form-urlencoded") == fields
    if "--=_b" not in "".join(fields.values()):
        assert decode(f"{parts}--=_b--".encode(), 'multipart/form-data; boundary="=_b"') == fields


@given(
    fields=st.dictionaries(
        st.from_regex(r"[a-z]{1,3}(\[[a-z0-9]{0,2}\]){0,3}", fullmatch=True), st.just("v"), min_size=1
    )
)
def test_no_field_of_a_form_is_lost_however_its_names_nest(fields):
    value = decode("&".join(f"{name}={text}" for name, text in fields.items()).encode(), "", "form")

    assert _leaves(value) == len(fields)


def _decoded(body: bytes, content_type: str, how: str) -> object:
    try:
        return decode(body, content_type, how)
    except Unreadable as problem:
        return problem


def _leaves(node: object) -> int:
    if isinstance(node, dict):
        return sum(_leaves(item) for item in node.values())
    if isinstance(node, list):
        return sum(_leaves(item) for item in node)
    return 1
