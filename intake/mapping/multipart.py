"""`multipart/form-data` from bytes (RFC 7578), without a framework: fields as bytes, files as what they were
called.

Invariant: a file's content goes no further than here; what remains of it is its name, type and size. One pass
over the bytes per separator, so the time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

from intake.mapping.unreadable import Limits, Unreadable

_BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;,"]{1,200}))""", re.IGNORECASE)
_PARAMETER = re.compile(rb""";\s*([\w*-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))""")


def parse_multipart(body: bytes, content_type: str, limits: Limits) -> Iterator[tuple[bytes, bytes | dict[str, Any]]]:
    """Each part's name and its content: bytes of a field, or {filename, content_type, size} of a file.

    Raises Unreadable when there is no boundary, when a part is broken, or when the last boundary is missing
    (a body cut off on its way holds half a lead).
    """
    delimiter = b"--" + _boundary(body, content_type)
    newline = b"\r\n" if b"\r\n" in body else b"\n"
    pieces = (newline + body).split(newline + delimiter, limits.fields + 2)
    if len(pieces) > limits.fields + 2:
        raise Unreadable("too_many_fields", f"The form has more than {limits.fields:,} fields.")
    ended = False
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            ended = True
            break
        head, blank, content = piece.partition(newline * 2)
        if not blank or len(head) > limits.header:
            raise Unreadable("bad_multipart", "A part of the multipart form has no head, or too long a head.")
        yield _part(head, content, newline)
    if not ended:
        raise Unreadable("bad_multipart", "The multipart form breaks off: its last boundary is missing.")


def _boundary(body: bytes, content_type: str) -> bytes:
    declared = _BOUNDARY.search(content_type[:1000])
    if declared:
        return (declared[1] or declared[2]).encode("utf-8", "surrogatepass")
    # Some gateways drop the parameter; the first line of the body then still shows it.
    first = body[:250].lstrip().partition(b"\n")[0].rstrip()
    if first.startswith(b"--") and len(first) > 2:
        return first[2:]
    raise Unreadable("bad_multipart", "The multipart form does not say which boundary divides its parts.")


def _part(head: bytes, content: bytes, newline: bytes) -> tuple[bytes, bytes | dict[str, Any]]:
    headers: dict[bytes, bytes] = {}
    for line in head.split(newline):
        label, colon, rest = line.partition(b":")
        if colon:
            headers[label.strip().lower()] = rest.strip()
    parameters = {
        found[1].lower(): re.sub(rb"\\(.)", rb"\1", found[2]) if found[2] is not None else found[3]
        for found in _PARAMETER.finditer(headers.get(b"content-disposition", b""))
    }
    if b"name" not in parameters:
        raise Unreadable("bad_multipart", "A part of the multipart form has no name.")
    if b"filename" not in parameters and b"filename*" not in parameters:
        return parameters[b"name"], content
    filename = parameters.get(b"filename", b"")
    if b"filename*" in parameters:
        filename = unquote_to_bytes(parameters[b"filename*"].rpartition(b"'")[2])
    return parameters[b"name"], {
        "filename": filename.decode("utf-8", "replace"),
        "content_type": headers.get(b"content-type", b"").decode("utf-8", "replace"),
        "size": len(content),
    }
