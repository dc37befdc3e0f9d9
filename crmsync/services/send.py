"""Send what is due at one account: the walk of a push from claimed to recorded.

    claim a batch by lease -> load all it needs -> per push: check the lease, call -> record all outcomes at once

Invariants: no transaction is open during a call; what the outside did is recorded or, after a crash, looked for before
it is done again; one push that fails in a way nobody foresaw takes no other's result with it.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime

import structlog
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection

from crmsync.models import Connection
from crmsync.services.ask import DRAIN_TASK
from crmsync.services.reserve import settle_up
from crmsync.services.sending.attempt import attempt, hold_of
from crmsync.services.sending.batch import Batch, claim, keep_pace
from crmsync.services.sending.caller import Caller, LeaseLost
from crmsync.services.sending.record import Result, record
from crmsync.services.sending.sender import open_account
from crmsync.transport.errors import CrmError, Misconfigured
from trail.bell import ring
from trail.leases import database_now, release
from trail.transitions import LostRace

log = structlog.get_logger("crmsync.send")

PROCESS = "crmsync.send"
# One drain ends after so many pushes and rings for the next: a long one would hold its worker's thread too long.
DRAIN_PUSHES = 400
# The database may be away for a moment just when outcomes are to be written. Seconds between the tries; a lease lasts
# longer than they do together.
_RECORD_AGAIN = (0.2, 1.0, 3.0, 5.0)


def drain(connection_id: int, *, limit: int = DRAIN_PUSHES, now: datetime | None = None) -> int:
    """Send what is due at this account, batch by batch, until nothing is or the account waits.

    Args:
        limit: pushes at most.
        now: the time to go by; the database's unless given.

    Returns:
        How many pushes were claimed.
    """
    sent = 0
    while sent < limit:
        batch = claim(connection_id, limit=limit - sent, now=now or database_now())
        if batch is None:
            return sent
        sent += len(batch.pushes)
        if not _send(batch):
            return sent
    ring(DRAIN_TASK, connection_id)
    return sent


def _send(batch: Batch) -> bool:
    """Send one batch. False: the account waits now, or the database is away."""
    caller = Caller(batch)
    results: list[Result] = []
    trouble: CrmError | None = None
    healthy = True
    try:
        send = open_account(batch, caller)
    except CrmError as error:
        send, trouble = None, error
    untouched = list(batch.pushes)
    while untouched and trouble is None and send is not None and not (results and batch.is_over()):
        push = untouched.pop(0)
        try:
            result, trouble = attempt(push, batch, caller, send)
        except LeaseLost:
            log.warning("lease_lost", push_id=push.pk, message="Another worker may have it. Nothing is written.")
        except (OperationalError, InterfaceError):
            log.exception("database_away", push_id=push.pk)
            healthy = False
            break
        except Exception:  # noqa: BLE001 - a bug: reported, and its lease runs out, which counts as a crash
            log.exception("push_failed", push_id=push.pk, kind=push.kind)
        else:
            results.append(result)
    if send is not None:
        send.close()
    keep_pace(batch, len(results))
    if results:
        _record(batch, results)
    if healthy:
        release(untouched)
    hold = None
    if trouble is not None and not isinstance(trouble, Misconfigured):
        hold = (batch.clock() + hold_of(trouble), trouble.message)
    settle_up(
        batch.account.pk,
        reserved_at=batch.now,
        reserved=batch.reserved,
        calls=caller.calls,
        now=batch.clock(),
        probe=batch.probe,
        hold=hold,
    )
    if isinstance(trouble, Misconfigured):
        _pause(batch.account, trouble)
    return healthy and trouble is None


def _pause(account: Connection, error: Misconfigured) -> None:
    with suppress(LostRace):  # another worker met the same and was faster
        account.pause(reason=error.message[:300])
    log.error("connection_paused", connection=account.slug, error_code=error.code, message=error.message)


def _record(batch: Batch, results: list[Result]) -> None:
    """Write the outcomes, again if the database is away just now, and one log line for each."""
    for wait in (*_RECORD_AGAIN, None):
        try:
            written = record(batch.account, results, now=batch.clock())
            break
        except (DataError, IntegrityError):
            written = _record_each(batch, results)
            break
        except (OperationalError, InterfaceError):
            if wait is None or connection.in_atomic_block:
                raise
            log.warning("record_again", connection=batch.account.slug, seconds=wait)
            connection.close()
            time.sleep(wait)
    for result in written:
        _tell(result)


def _record_each(batch: Batch, results: list[Result]) -> list[Result]:
    """One of the outcomes cannot stand (one CRM record for two contacts, a value that the database cannot keep): find
    out which, one by one."""
    written: list[Result] = []
    for result in results:
        try:
            written += record(batch.account, [result], now=batch.clock())
        except (DataError, IntegrityError):
            log.exception("record_failed", push_id=result.push.pk, message="It is looked at again when its lease ends.")
    return written


def _tell(result: Result) -> None:
    push = result.push
    record_id = f"contact:{push.contact_id}" if push.contact_id else f"property:{push.property_id}"
    log.info(
        "push",
        process=PROCESS,
        workflow=push.workflow,
        action=result.action,
        kind=push.kind,
        record_id=f"lead:{push.lead_id}" if push.lead_id else record_id,
        push_id=push.pk,
        attempt=result.number,
        outcome=result.outcome,
        error_code=result.code,
        message=result.message,
        ms=result.milliseconds,
    )
