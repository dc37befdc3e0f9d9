"""One e-mail as bytes. Pure.

Invariant: no value can add a header or a recipient: header values are one line, non-ASCII ones are encoded words, an
address is checked to be one plain address. The body stands as it is where plain mail may hold it (7bit), so that a file
of it can be read and searched; else it is quoted-printable.

Written by hand because the standard library's EmailMessage takes 3 ms of CPU for what takes 0.1 ms here.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, quote

from crmsync.templating import one_line

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*", re.ASCII)
# What RFC 5322 lets stand in a body as it is: printable ASCII and tabs, in lines of at most 998.
_PLAIN = re.compile(r"[\t\n -~]*", re.ASCII)
_LONGEST_LINE = 998


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent, before it is bytes. `unsubscribe_link` is empty for mail that nobody can stop (alerts)."""

    message_id: str
    from_name: str
    from_email: str
    to_email: str
    subject: str
    body: str
    unsubscribe_link: str = ""


def is_address(text: str) -> bool:
    """Is this one plain address that can stand in a header and in SMTP as it is?"""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def compose(letter: Letter, date: datetime) -> bytes:
    """Write the letter as RFC 5322 bytes with CRLF line ends.

    Raises:
        ValueError: an address is none; check with `is_address` first.
    """
    for address in (letter.from_email, letter.to_email):
        if not is_address(address):
            raise ValueError("not an e-mail address")
    encoding, body = _body(letter.body)
    name = _header(letter.from_name, quoted=True)
    headers = [
        f"From: {name} <{letter.from_email}>" if name else f"From: {letter.from_email}",
        f"To: {letter.to_email}",
        f"Subject: {_header(letter.subject)}",
        f"Date: {format_datetime(date)}",
        f"Message-ID: {_token(letter.message_id)}",
        "MIME-Version: 1.0",
        'Content-Type: text/plain; charset="utf-8"',
        f"Content-Transfer-Encoding: {encoding}",
    ]
    if letter.unsubscribe_link:
        # RFC 8058: a mail program posts to this address when the reader presses its unsubscribe button.
        headers.append(f"List-Unsubscribe: <{_token(letter.unsubscribe_link)}>")
        headers.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    else:
        headers.append("Auto-Submitted: auto-generated")
    return "\r\n".join([*headers, "", body]).encode("ascii")


def _body(text: str) -> tuple[str, str]:
    """Its transfer encoding, and the text in it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    encoding = "7bit"
    if not _PLAIN.fullmatch(text) or max(map(len, text.split("\n"))) > _LONGEST_LINE:
        encoding, text = "quoted-printable", binascii.b2a_qp(text.encode("utf-8", "replace")).decode("ascii")
    return encoding, text.replace("\n", "\r\n")


def _token(text: str) -> str:
    """What we made ourselves: one word of printable ASCII."""
    return "".join(character for character in text if "!" <= character <= "~")


def _header(text: str, *, quoted: bool = False) -> str:
    text = one_line(text)
    if not text.isascii() or "=?" in text:
        return Header(text.encode("utf-8", "replace").decode(), "utf-8", maxlinelen=70).encode(linesep="\r\n")
    return f'"{quote(text)}"' if quoted and text else text
