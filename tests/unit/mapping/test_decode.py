"""Bodies as senders really write them, and as attackers would."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from intake.mapping.decode import Limits, Unreadable, decode, read

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=----WebKitFormBoundaryX"
XML = "text/xml"


def refusal(body: bytes, content_type: str = "", how: str = "auto", **limits: int) -> str:
    with pytest.raises(Unreadable) as caught:
        read(body, content_type, how, Limits(**limits))
    assert caught.value.sentence.endswith(".")
    return caught.value.code


# --- JSON


@pytest.mark.parametrize(
    ("body", "value", "notes"),
    [
        (b'{"a":1,"b":[true,null,1.5,"x"]}', {"a": 1, "b": [True, None, 1.5, "x"]}, ()),
        (b'[{"a":1},{"a":2}]', [{"a": 1}, {"a": 2}], ()),
        (b'{"a":1,"a":2}', {"a": 2}, ()),
        (b'\xef\xbb\xbf{"a":"\xc3\xa9"}', {"a": "é"}, ()),
        ('{"a":"é"}'.encode("utf-16"), {"a": "é"}, ()),
        ('{"a":"é"}'.encode("utf-32"), {"a": "é"}, ()),
        (b'{"a":"Jos\xe9 \x93hi\x94"}', {"a": "José “hi”"}, ("encoding_guessed",)),
        (b'{"price":NaN,"b":-Infinity}', {"price": None, "b": None}, ("json_mended",)),
        (b'{"a":1e999}', {"a": None}, ("json_mended",)),
        (b'{"message":"two\nlines\tand a tab"}', {"message": "two\nlines\tand a tab"}, ("json_mended",)),
        (b'{"a":"cut \\ud83d"}', {"a": "cut \ufffd"}, ("json_mended", "characters_replaced")),
        (b'{"a\\u0000":"x\\u0000y"}', {"a": "xy"}, ("nul_removed",)),
        (b'{"id":123456789012345678901234567890}', {"id": 123456789012345678901234567890}, ()),
        (b'{"id":18446744073709551615}', {"id": 18446744073709551615}, ()),
    ],
)
def test_json_is_read_and_what_was_mended_is_said(body, value, notes):
    decoded = read(body, "application/json; charset=utf-8")

    assert decoded.value == value
    assert decoded.format == "json"
    assert decoded.notes == notes


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b" \r\n\x00", "empty"),
        (b"{", "bad_json"),
        (b'{"a":1,}', "bad_json"),
        (b'{"a":1}}', "bad_json"),
        (b"a=1", "bad_json"),
        (b"\xff\xfe\x00", "bad_json"),
        (b'{"a":' + b"9" * 5000 + b"}", "bad_json"),
        (b'"text"', "no_record"),
        (b"5", "no_record"),
        (b"null", "no_record"),
        (b"[" * 2000, "too_deep"),
        (b"[" * 500_000, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
        (b"[" * 41 + b"]" * 41, "too_deep"),
        (b"[" + b"[]," * 200_000 + b"[]]", "too_many_values"),
    ],
)
def test_json_that_cannot_be_read_says_why(body, code):
    assert refusal(body, "application/json") == code


def test_the_fault_is_located_and_nothing_of_the_body_is_repeated():
    with pytest.raises(Unreadable) as caught:
        decode(b'{\n "email": "ana@example.com"\n "b": 1}', "application/json")

    assert caught.value.sentence == "The body is not valid JSON: the fault is at line 3, column 2."


# --- Forms


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("name=Ana+Diaz&email=a%40example.com", {"name": "Ana Diaz", "email": "a@example.com"}),
        ("a=1&a=2&b=", {"a": ["1", "2"], "b": ""}),
        ("a[]=1", {"a": ["1"]}),
        ("a%5B%5D=1&a%5B%5D=2", {"a": ["1", "2"]}),
        ("a[b]=1&a[c][d]=2", {"a": {"b": "1", "c": {"d": "2"}}}),
        ("a[b][]=1&a[b][]=2", {"a": {"b": ["1", "2"]}}),
        ("a[0][x]=1&a[1][x]=2", {"a": [{"x": "1"}, {"x": "2"}]}),
        ("a[1]=x&a[0]=y", {"a": ["y", "x"]}),
        ("a[1]=x&a[3]=y", {"a": {"1": "x", "3": "y"}}),
        ("p[][n]=A&p[][e]=B&p[][n]=C", {"p": [{"n": "A", "e": "B"}, {"n": "C"}]}),
        ("1.3=Ana&0=x", {"1.3": "Ana", "0": "x"}),
        ("a=1&a[b]=2&a[b]=3", {"a": "1", "a[b]": ["2", "3"]}),
        ("a[b]=1&a[]=2", {"a": {"b": "1"}, "a[]": "2"}),
        ("a[=1&a]=2&[b]=3&=4", {"a[": "1", "a]": "2", "[b]": "3", "": "4"}),
        ("a" + "[b]" * 9 + "=1", {"a" + "[b]" * 9: "1"}),
        ("a=%&b=%zz&c", {"a": "%", "b": "%zz", "c": ""}),
        ("a=%C3%A9&&", {"a": "é"}),
        ("a=1%00", {"a": "1"}),
    ],
)
def test_forms_and_their_nested_names(body, value):
    assert decode(body.encode(), FORM) == value


def test_windows_letters_in_a_form_are_read_by_charset_or_guess():
    assert read(b"a=Jos%E9&b=\xe9", FORM).notes == ("encoding_guessed",)
    assert read(b"a=Jos%E9", FORM + "; charset=ISO-8859-1").value == {"a": "José"}
    assert read(b"a=Jos%E9", FORM + "; charset=ISO-8859-1").notes == ()
    assert read(b"a=Jos%E9", FORM + "; charset=no-such-thing").value == {"a": "José"}
    assert read(b"a=+AGE-", FORM + "; charset=utf-7").value == {"a": " AGE-"}


def test_a_form_has_at_most_as_many_fields_as_its_limit():
    assert len(decode(b"&".join(b"a%d=1" % n for n in range(5000)), FORM)) == 5000
    assert refusal(b"&".join(b"a%d=1" % n for n in range(5001)), FORM) == "too_many_fields"
    assert refusal(b"&&&", FORM) == "empty"


# --- Multipart


def multipart(*parts: str, end: str = "------WebKitFormBoundaryX--\r\n") -> bytes:
    return ("".join(f"------WebKitFormBoundaryX\r\n{part}\r\n" for part in parts) + end).encode()


def field(name: str, value: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'


def test_multipart_fields_nest_and_files_are_only_named():
    upload = (
        'Content-Disposition: form-data; name="doc"; filename="pre \\"approval\\".pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n%PDF\r\n\r\n--x"
    )
    body = multipart(field("name", "Ana é"), field("tags[]", "a"), field("tags[]", "b\r\nc"), upload)

    assert decode(body, MULTIPART) == {
        "name": "Ana é",
        "tags": ["a", "b\r\nc"],
        "doc": {"filename": 'pre "approval".pdf', "content_type": "application/pdf", "size": 11},
    }


def test_a_file_name_in_the_extended_form():
    part = "Content-Disposition: form-data; name=doc; filename*=UTF-8''caf%C3%A9.txt\r\n\r\n"

    assert decode(multipart(part), MULTIPART)["doc"]["filename"] == "café.txt"


def test_a_jotform_submission_is_read_in_place():
    raw = json.dumps({"q3_name": {"first": "Ana", "last": "Diaz"}, "q4_email": "ana@example.com"})

    value = decode(multipart(field("submissionID", "598"), field("rawRequest", raw)), MULTIPART)

    assert value["rawRequest"]["q3_name"] == {"first": "Ana", "last": "Diaz"}
    assert decode(multipart(field("rawRequest", "{broken")), MULTIPART) == {"rawRequest": "{broken"}


def test_a_json_field_inside_a_form_is_bound_by_the_same_depth():
    deep = "[" * 50 + "]" * 50

    assert refusal(multipart(field("rawRequest", '{"a":' + deep + "}")), MULTIPART) == "too_deep"


def test_bare_newlines_a_preamble_and_a_missing_parameter_are_understood():
    body = multipart(field("a", "1"), field("b", "2"))

    assert decode(body.replace(b"\r\n", b"\n"), MULTIPART) == {"a": "1", "b": "2"}
    assert decode(b"preamble\r\n" + body + b"epilogue", MULTIPART) == {"a": "1", "b": "2"}
    assert decode(body, "multipart/form-data") == {"a": "1", "b": "2"}
    assert decode(body, "", "multipart") == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (multipart(field("a", "1"), end=""), MULTIPART),
        (b"no boundary at all", MULTIPART),
        (b"no boundary at all", "multipart/form-data"),
        (b"--", "multipart/form-data"),
        (multipart("Content-Disposition: form-data\r\n\r\nx"), MULTIPART),
        (multipart("no head"), MULTIPART),
        (multipart("X: " + "y" * 9000 + "\r\n\r\nx"), MULTIPART),
    ],
)
def test_a_broken_multipart_is_unreadable(body, content_type):
    assert refusal(body, content_type) == "bad_multipart"


# --- XML


def test_xml_as_a_tree():
    body = b"""<?xml version="1.0" encoding="UTF-8"?>
    <ns:Lead xmlns:ns="http://example.com/leads" id="7">
      <Name lang="es">Ana <b/> Diaz</Name><Phone>3128675309</Phone><Phone>3128675310</Phone><Empty/>
      <Note><![CDATA[a < b]]></Note><!-- a comment -->
    </ns:Lead>"""

    assert decode(body, XML) == {
        "Lead": {
            "@id": "7",
            "Name": {"@lang": "es", "b": "", "#text": "Ana  Diaz"},
            "Phone": ["3128675309", "3128675310"],
            "Empty": "",
            "Note": "a < b",
        }
    }


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("<a>é</a>".encode(), "é"),
        ("<a>é</a>".encode("cp1252"), "é"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), "é"),
        ("<a>é</a>".encode("utf-16"), "é"),
        (b"\xef\xbb\xbf<a>x</a>", "x"),
    ],
)
def test_xml_in_several_encodings(body, name):
    assert decode(body, XML) == {"a": name}


BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><x>&f;</x>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (BOMB, "forbidden_xml"),
        (OUTSIDE, "forbidden_xml"),
        (b'<!DOCTYPE x SYSTEM "http://example.com/x.dtd"><x/>', "forbidden_xml"),
        (b"<!DOCTYPE x><x/>", "forbidden_xml"),
        (b"<x>&undeclared;</x>", "bad_xml"),
        (b"<x>", "bad_xml"),
        (b"<x></y>", "bad_xml"),
        (b"<x/><y/>", "bad_xml"),
        (b"just text", "bad_xml"),
        (b'<?xml version="1.0" encoding="no-such"?><x/>', "bad_xml"),
        (b'<?xml version="1.0" encoding="shift_jis"?><x/>', "bad_xml"),
        (b"<x>\x01</x>", "bad_xml"),
        (b"<a>" * 50 + b"</a>" * 50, "too_deep"),
        (b"<a>" * 500_000, "too_deep"),
        (b"<a>" + b"<b/>" * 200_001 + b"</a>", "too_many_values"),
    ],
)
def test_hostile_and_broken_xml_is_refused(body, code):
    assert refusal(body, XML) == code


# --- Which format


@pytest.mark.parametrize(
    ("body", "content_type", "format_"),
    [
        (b'{"a":1}', "application/json", "json"),
        (b'{"a":1}', "application/vnd.api+json; charset=utf-8", "json"),
        (b'{"a":1}', FORM, "json"),
        (b'{"a":1}', "text/plain", "json"),
        (b' [{"a":1}]', "", "json"),
        (b"a=1", FORM, "form"),
        (b"a=1&b=2", "", "form"),
        (b"%7B=1", FORM, "form"),
        (b"<a>1</a>", "application/atom+xml", "xml"),
        (b"<a>1</a>", "application/octet-stream", "xml"),
(multipart(field("a", "1")), MULTIPART, "multipart"),
    ],
)  # fmt: skip
def test_the_format_is_recognized(body, content_type, format_):
    assert read(body, content_type).format == format_


def test_a_format_set_by_the_source_wins_over_what_the_sender_declares():
    assert read(b'{"a":1}', XML, "json").format == "json"
    assert read(b"a=1", "application/json", "form").value == {"a": "1"}
    assert refusal(b"a=1", FORM, "json") == "bad_json"
    with pytest.raises(ValueError, match="is not a format"):
        decode(b"{}", "", "yaml")


def test_a_body_of_no_known_format_or_too_large_is_unreadable():
    assert refusal(b"\x89PNG\r\n\x1a\n", "image/png") == "unknown_format"
    assert refusal(b"hello", "text/plain") == "unknown_format"
    assert refusal(b'{"a":"xxxxxxxxxx"}', "", bytes=10) == "too_large"


# --- Time


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"[" * 3_000_000, ""),
        (b'{"a":"' + b"\\u0000" * 300_000 + b'"}', ""),
        (b"&" * 3_000_000, FORM),
        (b"a" + b"[" * 3_000_000 + b"=1", FORM),
        (b"&".join([b"a[][b]=1"] * 5000), FORM),
        (b"%" * 3_000_000, FORM),
        (b"%41" * 1_000_000, FORM),
        (b"\r\n------WebKitFormBoundaryX" * 100_000, MULTIPART),
        (b"------WebKitFormBoundaryX\r\n" + b";" * 8000 + b"\r\n\r\n", MULTIPART),
        (b"------WebKitFormBoundaryX\r\nContent-Disposition: form-data; name=\"" + b"\\" * 8000 + b"\r\n\r\n",
         MULTIPART),
        (b"<a " + b"b=" * 1_000_000, XML),
        (b"<a>" + b"&lt;" * 700_000 + b"</a>", XML),
        (b"{" + b" " * 3_000_000, "application/json;" + "charset=" * 10_000),
    ],
)  # fmt: skip
def test_a_hostile_body_costs_no_more_time_than_its_length(body, content_type):
    started = time.process_time()
    with contextlib.suppress(Unreadable):
        decode(body, content_type)
    assert time.process_time() - started < 5


# --- CSV


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"Name,Phone\r\nAnn Lee,312\r\n", [{"Name": "Ann Lee", "Phone": "312"}]),
        (b'\xef\xbb\xbfName;Note\nAnn;"two\nlines; one"\n\n', [{"Name": "Ann", "Note": "two\nlines; one"}]),
        (b"a\tb\n1\t2\n3\n", [{"a": "1", "b": "2"}, {"a": "3"}]),
        (b"a,\n1,2,3\n", [{"a": "1", "column 2": "2", "column 3": "3"}]),
        (b"name\nJos\xe9\n", [{"name": "José"}]),
    ],
)
def test_csv_is_one_record_per_row_under_the_names_of_its_head(body, value):
    assert decode(body, "text/csv") == value
    assert decode(body, "", "csv") == value


@pytest.mark.parametrize(("body", "code"), [(b"a,b\n", "no_record"), (b'a,b\n"x"y,1\n', "bad_csv"), (b" \n", "empty")])
def test_csv_without_a_row_or_with_a_torn_quote_is_refused(body, code):
    assert refusal(body, "text/csv") == code


def test_csv_of_too_many_cells_is_refused():
    assert refusal(b"a,b\n" + b"1,2\n" * 60, "text/csv", values=100) == "too_many_values"
