"""From the bytes of a delivery to one tree of dict, list, text, number, bool and None, whatever the sender
wrote.

Invariant: `read` returns such a tree (storable as JSON: no NUL, no lone surrogate, no NaN) or raises
Unreadable, for any bytes, in time linear in their number. Nothing is resolved from outside and no XML entity
is expanded.

Strict about what would change a meaning, lenient about what only a program cares for: where a sender's common
slip can be read in one way only (a byte order mark, a raw newline inside a JSON text, NaN for "nothing",
Windows letters without a charset), it is read, and `notes` says so, because a refused body is a lead nobody
calls.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson

from intake.mapping.form_tree import FormTree
from intake.mapping.markup import parse_xml
from intake.mapping.multipart import parse_multipart
from intake.mapping.separated import parse_csv
from intake.mapping.unreadable import LIMITS, Limits, Unreadable

__all__ = ["FORMATS", "LIMITS", "Decoded", "Limits", "Unreadable", "decode", "read"]

Format: TypeAlias = Literal["json", "form", "multipart", "csv", "xml"]
FORMATS: tuple[str, ...] = ("auto", "json", "form", "multipart", "csv", "xml")

# A wrong or missing charset in the wild is nearly always Windows; it is also what browsers read "latin-1" as.
FALLBACK_ENCODING = "cp1252"
# Fields known to hold JSON inside a form: JotForm's whole submission, with the questions' own names.
JSON_FIELDS = ("rawRequest",)

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_SURROGATE = re.compile("[\ud800-\udfff]")
# JSON numbers beyond this are not exact as the floats orjson makes of them, and such a number is an id.
_EXACT = 2.0**63


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body's tree, the format it was read as, and what had to be guessed or mended to read it (stable
    words)."""

    value: Any
    format: Format
    notes: tuple[str, ...] = ()


def decode(body: bytes, content_type: str = "", how: str = "auto") -> Any:
    """The tree of `read`, for callers who do not show its notes. Raises Unreadable."""
    return read(body, content_type, how).value


def read(body: bytes, content_type: str = "", how: str = "auto", limits: Limits = LIMITS) -> Decoded:
    """The tree in `body`.

    Args:
        body: the raw bytes.
        content_type: the request's Content-Type, as sent; it decides in `auto` unless the body plainly is
            JSON.
        how: one of FORMATS.

    Raises:
        Unreadable: with a stable code and a plain sentence.
        ValueError: `how` is not a format (bad use, not bad data).
    """
    if how not in FORMATS:
        raise ValueError(f"{how!r} is not a format; there are: {', '.join(FORMATS)}.")
    if len(body) > limits.bytes:
        raise Unreadable("too_large", f"The body is larger than {limits.bytes:,} bytes.")
    if not body.strip(b"\x00 \t\r\n"):
        raise Unreadable("empty", "The body is empty, so there is no record in it.")
    kind, charset = _content_type(content_type)
    notes: list[str] = []
    format_ = _recognize(body, kind) if how == "auto" else how
    value: Any
    if format_ == "json":
        value = _json(_text(body, charset, notes), notes)
        return Decoded(_settled(value, limits, notes), "json", tuple(notes))
    if format_ == "form":
        value = _form(body, charset, notes, limits)
        return Decoded(_settled(value, limits, notes), "form", tuple(notes))
    if format_ == "multipart":
        tree = FormTree(limits)
        for name, content in parse_multipart(body, content_type, limits):
            key = _text(name, charset, notes)
            tree.add(key, content if isinstance(content, dict) else _field(key, _text(content, charset, notes)))
        return Decoded(_settled(tree.value(), limits, notes), "multipart", tuple(notes))
    if format_ == "csv":
        value = parse_csv(_text(body, charset, notes), limits)
        return Decoded(_settled(value, limits, notes), "csv", tuple(notes))
    value = parse_xml(_xml_source(body, charset, notes), limits)
    return Decoded(_settled(value, limits, notes), "xml", tuple(notes))


def _content_type(header: str) -> tuple[str, str]:
    """The media type in lower case, and the declared charset as Python's codec name, if there is such a text
    codec."""
    kind, _, parameters = header[:500].partition(";")
    declared = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", parameters, re.IGNORECASE | re.ASCII)
    charset = ""
    if declared:
        try:
            info = codecs.lookup(declared[1])
        except LookupError:
            return kind.strip().lower(), ""
        # Codecs such as zip or idna are no charsets, and utf-7 hides what others would see.
        plain = info.name.startswith(("utf-8", "utf-16", "utf-32", "iso8859", "cp125", "ascii"))
        charset = info.name if plain else ""
    if charset in ("iso8859-1", "ascii"):
        charset = FALLBACK_ENCODING
    return kind.strip().lower(), charset


def _recognize(body: bytes, kind: str) -> str:
    start = body[:64].removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if kind == "multipart/form-data":
        return "multipart"
    if kind.endswith("/json") or kind.endswith("+json"):
        return "json"
    if kind.endswith("/xml") or kind.endswith("+xml"):
        return "xml"
    if kind in ("text/csv", "application/csv"):
        return "csv"
    # Many senders post JSON under the form type, which is curl's and PHP's default. A form starts with a
    # name.
    if start in (b"{", b"["):
        return "json"
    if kind == "application/x-www-form-urlencoded":
        return "form"
    if start == b"<":
        return "xml"
    if any(body.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS):
        return "json"
    if re.match(rb"[^\s=&]{1,200}=", body):
        return "form"
    raise Unreadable(
        "unknown_format",
        "The body is neither JSON, a form, multipart, CSV nor XML. "
        "Set the format in the source's mapping or ask the sender.",
    )


def _text(raw: bytes, charset: str, notes: list[str]) -> str:
    """Bytes as text: by byte order mark, else UTF-8, else the declared charset, else Windows-1252 with a
    note."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    if charset.startswith(("utf-16", "utf-32")):
        return raw.decode(charset, "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if not charset or charset.startswith("utf-8"):
            _note(notes, "encoding_guessed")
            charset = FALLBACK_ENCODING
        return raw.decode(charset, "replace")


def _json(text: str, notes: list[str]) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as first:
        value = _lenient_json(text, first)
        _note(notes, "json_mended")
    else:
        if _has_inexact(value):
            value = _lenient_json(text, None)
    if not isinstance(value, dict | list):
        raise Unreadable("no_record", "The body is JSON, but one single value and not a record with fields.")
    return value


def _lenient_json(text: str, first: orjson.JSONDecodeError | None) -> Any:
    """With raw control characters in texts, NaN as nothing, half surrogate pairs, and whole numbers of any
    length."""
    try:
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except RecursionError:
        raise Unreadable("too_deep", "The body is nested deeper than any real record.") from None
    except ValueError as second:
        at = f" at line {first.lineno}, column {first.colno}" if first else ""
        raise Unreadable("bad_json", f"The body is not valid JSON: the fault is{at or ' in a number'}.") from second


def _has_inexact(value: Any) -> bool:
    """Whether orjson turned a whole number too long for 64 bits into a float. Iterative: depth is not yet
    checked."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, float) and abs(one) >= _EXACT:
            return True
    return False


def _form(body: bytes, charset: str, notes: list[str], limits: Limits) -> dict[str, Any]:
    tree = FormTree(limits)
    body = body.removeprefix(codecs.BOM_UTF8).strip(b"\r\n")
    for pair in body.split(b"&", limits.fields + 1):
        if not pair:
            continue
        name, _, content = pair.replace(b"+", b" ").partition(b"=")
        key = _text(_unquote(name), charset, notes)
        tree.add(key, _field(key, _text(_unquote(content), charset, notes)))
    if not tree:
        raise Unreadable("empty", "The form has no fields, so there is no record in it.")
    return tree.value()


def _unquote(raw: bytes) -> bytes:
    """Percent-decoding; a percent sign that introduces nothing stays. (urllib's needs a second per megabyte
    of them.)"""
    return _PERCENT.sub(lambda found: bytes((int(found[1], 16),)), raw)


def _field(name: str, content: str) -> Any:
    if name in JSON_FIELDS and content.lstrip().startswith("{"):
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError:
            return content
    return content


def _xml_source(body: bytes, charset: str, notes: list[str]) -> bytes | str:
    """XML names its own encoding; only where it does not are the request and our guess asked."""
    if body.startswith(_BYTE_ORDER_MARKS[0][0]) or re.search(rb"<\?xml[^>]{0,200}encoding", body[:300]):
        return body
    if any(body.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS):
        return body
    return _text(body, charset, notes)


def _settled(value: Any, limits: Limits, notes: list[str]) -> Any:
    """The same tree with what JSON storage cannot hold taken out, after checking its depth and its size."""
    left = limits.values

    def settle(node: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Unreadable("too_many_values", f"The body holds more than {limits.values:,} values.")
        if isinstance(node, str):
            return _clean(node, notes)
        if isinstance(node, dict | list) and depth == 0:
            raise Unreadable("too_deep", f"The body is nested deeper than {limits.depth} levels.")
        if isinstance(node, dict):
            return {_clean(key, notes): settle(item, depth - 1) for key, item in node.items()}
        if isinstance(node, list):
            return [settle(item, depth - 1) for item in node]
        if isinstance(node, float) and not math.isfinite(node):
            return None
        return node

    return settle(value, limits.depth)


def _clean(text: str, notes: list[str]) -> str:
    if text.isascii():
        if "\x00" not in text:
            return text
    elif _SURROGATE.search(text):
        _note(notes, "characters_replaced")
        text = _SURROGATE.sub("\ufffd", text)
    if "\x00" in text:
        _note(notes, "nul_removed")
        text = text.replace("\x00", "")
    return text


def _note(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)
