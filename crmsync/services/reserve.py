"""May we call this account now, and how often? One budget for all workers, kept in the database.

Three things can say no, and waiting for any of them spends no attempt: a hold (the account said "not now"), the rate
window (calls per sliding window) and the circuit breaker (most calls failed lately). The breaker holds work, it never
disables an account: after a pause it lets one push through, and that one decides.

Invariant: every change here is made under the connection's row lock, by the database's clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Max, Sum

from crmsync.models import CallWindow, Connection
from trail.record import record

log = structlog.get_logger("crmsync.reserve")

BREAKER_WINDOW = timedelta(seconds=60)
BREAKER_CALLS = 20
BREAKER_SHARE = 0.5
BREAKER_PAUSE = timedelta(seconds=30)
# How long rows of the window are kept, or as long as the longest window (an account may have a limit a day).
KEPT = timedelta(hours=1)
NO_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make `calls` calls. `probe`: one push only, which decides whether the breaker closes."""

    calls: int
    probe: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made: when, and whether it tells against the account. A 429 does neither way."""

    at: datetime
    failed: bool
    counts: bool = True


def admit(account: Connection, now: datetime) -> Permit | None:
    """How many calls may be made now; None when the account waits.

    Args:
        account: the connection, locked by this transaction.
        now: the database's time.
    """
    if account.state != Connection.State.ACTIVE:
        return None
    if account.held_until is not None and account.held_until > now:
        return None
    if account.breaker_opened_at is not None:
        if account.probe_until is not None and account.probe_until > now:
            return None
        return Permit(calls=NO_LIMIT, probe=True)
    if not account.rate_limit:
        return Permit(calls=NO_LIMIT)
    # The second in which the window begins counts whole: rather a call too few than one too many.
    first = _second(now) - account.rate_window_seconds
    used = CallWindow.objects.filter(connection=account, second__gte=first).aggregate(
        total=Sum(F("reserved") + F("calls"))
    )["total"]
    left = account.rate_limit - (used or 0)
    return Permit(calls=left) if left > 0 else None


def take(account: Connection, permit: Permit, calls: int, now: datetime, *, lease: timedelta) -> None:
    """Set `calls` calls aside for this worker.

    Args:
        account: the connection, locked by this transaction.
        lease: how long a probe may take before another worker probes.
    """
    if permit.probe:
        Connection.objects.filter(pk=account.pk).update(probe_until=now + lease)
    if account.rate_limit:
        _add(account.pk, _second(now), reserved=calls)


def settle_up(
    connection_id: int,
    *,
    reserved_at: datetime,
    reserved: int,
    calls: Iterable[Call],
    now: datetime,
    probe: bool = False,
    hold: tuple[datetime, str] | None = None,
) -> None:
    """Give back what was set aside, count what was called, and let hold and breaker follow from it.

    Args:
        reserved_at: the `now` of `take`.
        reserved: the calls of `take`.
        calls: the calls that were made.
        probe: this was the breaker's probe.
        hold: until when the account asked us to wait, and its reason in words.
    """
    calls = list(calls)
    with transaction.atomic():
        account = Connection.objects.select_for_update(no_key=True).get(pk=connection_id)
        if account.rate_limit and reserved:
            CallWindow.objects.filter(connection=account, second=_second(reserved_at), reserved__gte=reserved).update(
                reserved=F("reserved") - reserved
            )
        made = Counter(_second(call.at) for call in calls)
        failed = Counter(_second(call.at) for call in calls if call.failed)
        ignored = Counter(_second(call.at) for call in calls if not call.counts)
        for second in sorted(made):
            _add(account.pk, second, calls=made[second], failures=failed[second], ignored=ignored[second])
        if hold is not None and (account.held_until is None or hold[0] > account.held_until):
            Connection.objects.filter(pk=account.pk).update(held_until=hold[0], held_reason=hold[1][:200])
        if probe:
            _decide_by_probe(account, calls, now)
        elif failed and account.breaker_opened_at is None:
            _maybe_open(account, now)


def forget(now: datetime) -> None:
    """Delete window rows that nobody adds up any more."""
    longest = Connection.objects.aggregate(seconds=Max("rate_window_seconds"))["seconds"] or 0
    CallWindow.objects.filter(second__lt=_second(now - max(KEPT, timedelta(seconds=longest + 1)))).delete()


def _maybe_open(account: Connection, now: datetime) -> None:
    lately = CallWindow.objects.filter(connection=account, second__gt=_second(now - BREAKER_WINDOW)).aggregate(
        calls=Sum(F("calls") - F("ignored")), failures=Sum("failures")
    )
    calls, failures = lately["calls"] or 0, lately["failures"] or 0
    if calls >= BREAKER_CALLS and failures >= calls * BREAKER_SHARE:
        _open(account, now, f"{failures} of {calls} calls failed within a minute")


def _open(account: Connection, now: datetime, because: str) -> None:
    reason = f"{because}. We wait {BREAKER_PAUSE.seconds} s, then try one."
    until = now + BREAKER_PAUSE
    if account.held_until is not None:
        until = max(until, account.held_until)
    Connection.objects.filter(pk=account.pk).update(
        breaker_opened_at=account.breaker_opened_at or now, probe_until=None, held_until=until, held_reason=reason
    )
    if account.breaker_opened_at is None:
        record(account, "connection.breaker_opened", reason=reason)
        log.warning("breaker_opened", connection=account.slug, message=reason)


def _decide_by_probe(account: Connection, calls: list[Call], now: datetime) -> None:
    counted = [call for call in calls if call.counts]
    if any(call.failed for call in counted):
        _open(account, now, "The account still fails")
    elif counted:
        Connection.objects.filter(pk=account.pk).update(breaker_opened_at=None, probe_until=None, held_reason="")
        CallWindow.objects.filter(connection=account).update(failures=0)  # what failed before it recovered is over
        record(account, "connection.breaker_closed", reason="The account answers again.")
        log.info("breaker_closed", connection=account.slug)
    else:  # it came to no call that says anything: let another one probe
        Connection.objects.filter(pk=account.pk).update(probe_until=None)


def _add(connection_id: int, second: int, **counts: int) -> None:
    """Add to one second of the window. The connection's lock makes the two steps one."""
    changes = {name: F(name) + count for name, count in counts.items() if count}
    if changes and not CallWindow.objects.filter(connection_id=connection_id, second=second).update(**changes):
        CallWindow.objects.create(connection_id=connection_id, second=second, **counts)


def _second(moment: datetime) -> int:
    return int(moment.timestamp())
