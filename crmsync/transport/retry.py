"""When, if ever, to try again. Pure: the clock and the dice are arguments, the answer is a value.

Invariants: never in the past, never sooner than the other side asked, at most `MAX_ATTEMPTS` attempts that
count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from crmsync.transport.errors import (
    Ambiguous,
    Conflict,
    CrmError,
    Misconfigured,
    Permanent,
    RateLimited,
    Transient,
)

# Seconds before the 2nd, 3rd ... try. Together 341 s: an outage shorter than that costs no lead a person's
# attention; a longer one is the circuit breaker's business, which spends no attempts.
STEPS = (1.0, 4.0, 16.0, 64.0, 256.0)

# After an unknown outcome we look first, and looking is only worth something once the CRM's search index had
# time to show what we may have written. So these are not shortened by the jitter.
AMBIGUOUS_STEPS = (2.0, 10.0, 30.0, 64.0, 256.0)

MAX_ATTEMPTS = len(STEPS) + 1

JITTER_LOW, JITTER_HIGH = 0.5, 1.5

# A CRM that asks for an hour or more is not talking about one record: the whole connection waits, so that
# its other pushes do not each collect the same refusal.
LONG_WAIT = 3600.0

# Longest Retry-After we believe, seconds. Beyond it is a broken header, and would overflow a date.
_LONGEST = 30 * 86400.0

_SECONDS = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?", re.ASCII)


class Reason(StrEnum):
    """Why a push became a dead letter."""

    EXHAUSTED = "RETRYABLE_EXHAUSTED"
    AMBIGUOUS = "AMBIGUOUS"
    CONFLICT = "CONFLICT"
    PERMANENT = "PERMANENT"


@dataclass(frozen=True, slots=True)
class Postpone:
    """Try again at `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Bury:
    """Give up: a person must look."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class PauseConnection:
    """Nothing on this connection is to be sent: until `until`, or, if that is None, until a person mends it.

    The push that met it keeps its place and spends no attempt.
    """

    until: datetime | None = None


Decision = Postpone | Bury | PauseConnection


def decide(error: CrmError, attempts: int, now: datetime, jitter: float) -> Decision:
    """Say what to do after `error`.

    Args:
        error: what the adapter raised.
        attempts: attempts that counted so far, this one included (1 or more).
        now: current time, aware.
        jitter: a random factor, uniform in [0.5, 1.5].

    Raises:
        ValueError: `attempts` or `jitter` out of range.
        TypeError: an error that no consequence is known for (the bare base class).
    """
    if attempts < 1:
        raise ValueError("attempts counts the one that just failed, so it is at least 1")
    if not JITTER_LOW <= jitter <= JITTER_HIGH:
        raise ValueError(f"jitter is a factor between {JITTER_LOW} and {JITTER_HIGH}")

    match error:
        case Misconfigured():
            return PauseConnection()
        case Conflict():
            return Bury(Reason.CONFLICT)
        case Permanent():
            return Bury(Reason.PERMANENT)
        case RateLimited() | Transient() | Ambiguous():
            pass
        case _:
            raise TypeError(f"{type(error).__name__} does not say what to do next")

    asked = error.retry_after or 0.0
    if asked >= LONG_WAIT:
        return PauseConnection(until=now + timedelta(seconds=asked))

    if isinstance(error, Ambiguous):
        steps, factor, reason = AMBIGUOUS_STEPS, max(1.0, jitter), Reason.AMBIGUOUS
    else:
        steps, factor, reason = STEPS, jitter, Reason.EXHAUSTED
    step = steps[min(attempts, len(steps)) - 1] * factor
    until = now + timedelta(seconds=max(asked, step))

    if attempts >= MAX_ATTEMPTS:
        return Bury(reason)
    return Postpone(until)


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Read a Retry-After header: seconds or an HTTP date (RFC 9110, 10.2.3).

    Returns seconds from `now` (0 for a moment that has passed, at most 30 days), or None if the header is
    unreadable.
    """
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _LONGEST)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000": no zone stated; HTTP dates are UTC
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), _LONGEST)
