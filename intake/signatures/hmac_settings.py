"""The options of the `hmac` scheme: read once, in their types, with every problem in words.

Invariant: `HmacSettings` describes one writing of a signature, so whoever signs and whoever verifies agree on
it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from intake.signatures.base import Options, unknown_options

ALGORITHMS = ("sha1", "sha256", "sha512")

_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "hex": lambda digest: digest.hex().encode(),
    "hex_upper": lambda digest: digest.hex().upper().encode(),
    "base64": base64.b64encode,
}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_HEADER_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}")
_KNOWN = frozenset(
    {
        "header",
        "algorithm",
        "encoding",
        "prefix",
        "key_encoding",
        "template",
        "timestamp_header",
        "timestamp_unit",
        "tolerance_seconds",
        "combined",
        "event_id_header",
    }
)


@dataclass(frozen=True, slots=True)
class HmacSettings:
    """The options of one source in their types. Built by `read_settings` only."""

    header: str
    algorithm: str
    encoding: str
    prefix: str
    key_encoding: str
    template: str
    timestamp_header: str
    timestamp_unit: str
    tolerance: timedelta
    timestamp_key: str  # both set when one header carries time and signature
    signature_key: str
    event_id_header: str

    @property
    def timed(self) -> bool:
        return bool(self.timestamp_header or self.timestamp_key)

    def content(self, *, timestamp: str, event_id: str, body: bytes) -> bytes:
        """The signed bytes. The body is put in as bytes: it need not be text."""
        values = {"timestamp": timestamp.encode(), "event_id": event_id.encode(), "body": body}
        pieces = _PLACEHOLDER.split(self.template)
        return b"".join(values[piece] if position % 2 else piece.encode() for position, piece in enumerate(pieces))

    def signature(self, key: bytes, content: bytes) -> bytes:
        return self.prefix.encode() + _ENCODERS[self.encoding](hmac.new(key, content, self.algorithm).digest())

    def key(self, value: bytes) -> bytes | None:
        """The key's bytes from the secret as entered; None when it is not what `key_encoding` says."""
        try:
            if self.key_encoding == "base64":
                return base64.b64decode(value, validate=True) or None
            if self.key_encoding == "hex":
                return binascii.unhexlify(value) or None
        except binascii.Error:
            return None
        return value or None


def read_settings(options: Options) -> HmacSettings | list[str]:
    """The options in their types, or every problem with them."""
    problems = list(unknown_options(options, _KNOWN))

    def text(name: str, default: str = "", choices: tuple[str, ...] = ()) -> str:
        value = options.get(name, default)
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            problems.append(f"{name} must be printable ASCII text.")
            return default
        if choices and value not in choices:
            problems.append(f"{name} must be one of {', '.join(choices)}.")
            return default
        return value

    def header_name(name: str) -> str:
        value = text(name).lower()
        if value and not _HEADER_NAME.fullmatch(value):
            problems.append(f"{name} is not a header name.")
        return value

    header = header_name("header")
    if not header:
        problems.append("header must name the header that holds the signature.")
    timestamp_header = header_name("timestamp_header")
    combined = options.get("combined")
    timestamp_key = signature_key = ""
    if combined is not None:
        parts = dict(combined) if isinstance(combined, Mapping) else {}
        names = [parts.get("timestamp"), parts.get("signature")]
        if set(parts) != {"timestamp", "signature"} or not all(
            isinstance(name, str) and re.fullmatch(r"\w{1,20}", name, re.ASCII) for name in names
        ):
            problems.append("combined must hold timestamp and signature, each the short name before the = sign.")
        else:
            timestamp_key, signature_key = (str(name) for name in names)
            if timestamp_key == signature_key:
                problems.append("combined must use two different names.")
        if timestamp_header:
            problems.append("combined already carries the time: drop timestamp_header.")
    timed = bool(timestamp_header or combined is not None)
    template = text("template", "{timestamp}.{body}" if timed else "{body}")
    placeholders = _PLACEHOLDER.findall(template)
    event_id_header = header_name("event_id_header")
    if placeholders.count("body") != 1:
        problems.append("template must hold {body} exactly once.")
    if timed != ("timestamp" in placeholders):
        problems.append(
            "template must hold {timestamp} when the request carries a time, and only then: an unsigned "
            "time proves nothing."
        )
    if "event_id" in placeholders and not event_id_header:
        problems.append("template holds {event_id}, so event_id_header must name the header it comes in.")
    if set(placeholders) - {"body", "timestamp", "event_id"}:
        problems.append("template knows {body}, {timestamp} and {event_id} only.")
    seconds = options.get("tolerance_seconds", 300)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= 86_400:
        problems.append("tolerance_seconds must be a whole number from 1 to 86400.")
        seconds = 300
    settings = HmacSettings(
        header=header,
        algorithm=text("algorithm", "sha256", ALGORITHMS),
        encoding=text("encoding", "hex", tuple(_ENCODERS)),
        prefix=text("prefix"),
        key_encoding=text("key_encoding", "text", ("text", "base64", "hex")),
        template=template,
        timestamp_header=timestamp_header,
        timestamp_unit=text("timestamp_unit", "s", ("s", "ms")),
        tolerance=timedelta(seconds=seconds),
        timestamp_key=timestamp_key,
        signature_key=signature_key,
        event_id_header=event_id_header,
    )
    return problems or settings
