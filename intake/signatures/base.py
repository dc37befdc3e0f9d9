"""The words every signature scheme speaks: the request as it arrived, the secrets, the two possible answers.

Invariant: a secret's value appears in no repr, no refusal and no exception.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol, TypeAlias

RefusalCode: TypeAlias = Literal[
    "misconfigured",  # our own settings for this source cannot be used
    "no_valid_secret",  # none was given, or none is valid at this moment
    "missing",  # what should prove the sender is not in the request
    "malformed",  # it is there, but cannot be what a sender of this scheme writes
    "too_old",
    "too_new",
    "mismatch",  # well formed, and wrong
]

Options: TypeAlias = Mapping[str, object]

# No known sender writes a longer proof. Longer ones are refused before they are looked at, so that a stranger
# cannot make us compute for them.
MAX_HEADER_LENGTH = 4096
# The column that keeps an event id, and the longest id any known sender uses (Standard Webhooks asks for far
# less).
MAX_EVENT_ID_LENGTH = 255

_EVENT_ID = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One request as the sender wrote it. `headers` has lower-cased names; `body` is the raw bytes, read
    once."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Secret:
    """A shared secret as it was entered (text in UTF-8), with the time it is valid; None means no limit on
    that side."""

    id: str
    value: bytes = field(repr=False)
    not_before: datetime | None = None
    not_after: datetime | None = None

    def valid_at(self, now: datetime) -> bool:
        """Whether this secret may prove a sender at `now`; the last moment is included."""
        return (self.not_before is None or self.not_before <= now) and (self.not_after is None or now <= self.not_after)


@dataclass(frozen=True, slots=True)
class Verified:
    """The sender knows the secret `key_id`. `event_id` and `signed_at` are empty where the scheme carries
    none."""

    key_id: str
    event_id: str = ""
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Not proven. `code` is stable; `message` is a plain sentence for the sender, with no secret in it."""

    code: RefusalCode
    message: str


class Scheme(Protocol):
    """One way a sender proves itself."""

    @property
    def name(self) -> str:
        """The word a source's configuration uses."""

    @property
    def needs_body_parsed(self) -> bool:
        """True where the proof lies inside the decoded body: such a body must be readable to be authentic."""

    def options_problems(self, options: Options) -> list[str]:
        """What is wrong with a source's `scheme_options`, in sentences; empty when they can be used."""

    def secret_problems(self, value: bytes, options: Options) -> list[str]:
        """What is wrong with a secret somebody enters, in sentences; empty when it can be used."""

    def verify(
        self, request: SignedRequest, *, secrets: Sequence[Secret], options: Options, now: datetime
    ) -> Verified | Refused:
        """Whether any secret valid at `now` (aware) proves the sender. Never raises, whatever the request
        holds."""

    def sign(
        self, request: SignedRequest, *, secret: Secret, options: Options, now: datetime, event_id: str = ""
    ) -> SignedRequest:
        """The request as a real sender would send it. Raises ValueError when options or secret cannot be
        used."""


def valid_secrets(secrets: Sequence[Secret], now: datetime) -> list[Secret]:
    """The secrets that may be used at `now`. An empty one never may: everybody knows it."""
    return [secret for secret in secrets if secret.value and secret.valid_at(now)]


def same(expected: bytes, given: bytes) -> bool:
    """Constant-time equality of bytes (compare_digest refuses non-ASCII text, so text is encoded before)."""
    return hmac.compare_digest(expected, given)


def who_sent(given: bytes, secrets: Sequence[Secret], *, prefix: bytes = b"") -> Verified | None:
    """Whose secret this is, sent as it is with `prefix` before it; None when it is none of these."""
    for secret in secrets:
        if same(prefix + secret.value, given):
            return Verified(key_id=secret.id)
    return None


def as_bytes(text: str) -> bytes:
    """Bytes of any text, also of text no encoding should hold (lone surrogates from a lenient server)."""
    return text.encode("utf-8", "surrogatepass")


def is_event_id(text: str) -> bool:
    """Whether `text` can be kept as an event id: 1 to 255 visible ASCII characters."""
    return _EVENT_ID.fullmatch(text) is not None


def check_age(signed_at: datetime, *, now: datetime, tolerance: timedelta) -> Refused | None:
    """Refuses what was signed longer than `tolerance` before or after `now`, so that a stolen request
    ages."""
    if signed_at < now - tolerance:
        return Refused(
            "too_old",
            f"The request was signed more than {_words(tolerance)} ago, so it may be a replay. "
            "Sign it again when you send it again.",
        )
    if signed_at > now + tolerance:
        return Refused(
            "too_new",
            f"The request is signed more than {_words(tolerance)} in the future. Check the sender's clock.",
        )
    return None


def read_epoch(text: str, unit: str) -> datetime | None:
    """The moment in `text`, exactly 10 digits of seconds ("s") or 13 of milliseconds ("ms"); None for
    anything else.

    Strict on purpose: float() accepts signs, blanks, underscores and other alphabets' digits, and what is
    signed must have one writing only.
    """
    if not re.fullmatch(r"[0-9]{13}" if unit == "ms" else r"[0-9]{10}", text):
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text) * (1 if unit == "ms" else 1000))


def write_epoch(moment: datetime, unit: str) -> str:
    """The text `read_epoch` reads back, rounded down to the unit."""
    return str(int(moment.timestamp() * (1000 if unit == "ms" else 1)))


def unknown_options(options: Options, known: frozenset[str]) -> Iterator[str]:
    """A sentence per option the scheme does not have, so that a spelling mistake cannot switch a check
    off."""
    for name in sorted(set(options) - known):
        names = ", ".join(sorted(known)) or "none"
        yield f"There is no option '{name}' in this scheme. It has: {names}."


def no_valid_secret() -> Refused:
    """The refusal for a source none of whose secrets is valid now."""
    return Refused("no_valid_secret", "This source has no secret that is valid now, so nothing can be accepted.")


def misconfigured(problems: Sequence[str]) -> Refused:
    """The refusal for a source whose scheme options cannot be used."""
    return Refused(
        "misconfigured",
        f"This source's signature settings cannot be used: {' '.join(problems)} Ask its owner.",
    )


def _words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    if seconds % 60 == 0 and seconds:
        return f"{seconds // 60} minute{'s' if seconds != 60 else ''}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"
