"""Send what is due at one account: the walk of a push from claimed to recorded.

    claim a batch by lease -> load all it needs -> per push: check the lease, call -> record all outcomes at once

Invariants: no transaction is open during a call; what the outside did is recorded or, after a crash, looked for before
it is done again; one push that fails in a way nobody foresaw takes no other's result with it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.utils import timezone

from crmsync.models import Connection, EmailTemplate, Push, Suppression
from crmsync.services import connect
from crmsync.services.ask import DRAIN_TASK
from crmsync.services.reserve import settle_up
from crmsync.services.sending.assign import assign
from crmsync.services.sending.batch import Batch, claim, load
from crmsync.services.sending.caller import Caller, LeaseLost
from crmsync.services.sending.desk import CrmDesk, Happened, MailDesk, Outcome, RecordGone, Step
from crmsync.services.sending.letter import alert, first_email
from crmsync.services.sending.record import Result, record
from crmsync.services.sending.task import create_task
from crmsync.services.sending.upsert import upsert_contact, upsert_property
from crmsync.transport.errors import Ambiguous, CrmError, Misconfigured, RateLimited, Transient
from crmsync.transport.retry import (
    JITTER_HIGH,
    JITTER_LOW,
    Bury,
    PauseConnection,
    Postpone,
    decide,
)
from trail.bell import ring
from trail.leases import MAX_CRASHES, database_now, release
from trail.transitions import LostRace

log = structlog.get_logger("crmsync.send")

PROCESS = "crmsync.send"
# One drain ends after so many pushes and rings for the next: a long one would hold its worker's thread too long.
DRAIN_PUSHES = 400
# The database may be away for a moment just when outcomes are to be written. Seconds between the tries; a lease lasts
# longer than they do together.
_RECORD_AGAIN = (0.2, 1.0, 3.0, 5.0)
_SHORT_HOLD = timedelta(seconds=1)
_UNKNOWN_HOLD = timedelta(seconds=5)

POISON = "POISON"
_TO_CRM: dict[str, Callable[[Push, CrmDesk], Outcome]] = {
    Push.Kind.UPSERT_CONTACT: upsert_contact,
    Push.Kind.UPSERT_PROPERTY: upsert_property,
    Push.Kind.ASSIGN: assign,
    Push.Kind.TASK: create_task,
}
_BY_MAIL: dict[str, Callable[[Push, MailDesk], Outcome]] = {
    Push.Kind.EMAIL: first_email,
    Push.Kind.ALERT: alert,
}


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
        send = _sender(batch, caller)
    except CrmError as error:
        send, trouble = None, error
    untouched = list(batch.pushes)
    while untouched and trouble is None and send is not None and not (results and batch.is_over()):
        push = untouched.pop(0)
        try:
            result, trouble = _attempt(push, batch, caller, send)
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
    if results:
        _record(batch, results)
    if healthy:
        release(untouched)
    hold = None
    if trouble is not None and not isinstance(trouble, Misconfigured):
        hold = (batch.clock() + _hold_of(trouble), trouble.message)
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


class _Sender:
    """Sends pushes of one batch, of whichever kind."""

    def __init__(self, send: Callable[[Push], Outcome], close: Callable[[], None]) -> None:
        self.send = send
        self.close = close


def _sender(batch: Batch, caller: Caller) -> _Sender:
    """Load what the batch needs and open the account.

    Raises:
        CrmError: the account cannot be used; no push was touched.
    """
    account = batch.account
    if not account.is_crm:
        mail = MailDesk(
            batch,
            load(account, batch.pushes),
            caller,
            connect.mailbox(account),
            list(EmailTemplate.objects.filter(active=True)),
        )
        addresses = {point.key.casefold() for points in mail.records.points.values() for point in points}
        mail.suppressed = frozenset(
            Suppression.objects.filter(email__in=addresses).values_list("email", flat=True) if addresses else ()
        )
        return _Sender(lambda push: _BY_MAIL[push.kind](push, mail), mail.mailbox.close)
    client = connect.crm(account, before_call=caller.before_call, on_exchange=caller.on_exchange)
    if account.schema_ready_at is None:
        _make_ready(account)
    desk = CrmDesk(batch, load(account, batch.pushes), caller, client)
    return _Sender(lambda push: _TO_CRM[push.kind](push, desk), lambda: None)


def _make_ready(account: Connection) -> None:
    """Before the first write: see to it that the CRM has our unique id."""
    done = connect.crm(account).ensure_schema()
    Connection.objects.filter(pk=account.pk).update(schema_ready_at=timezone.now())
    log.info("schema_ready", connection=account.slug, message=" ".join(done))


def _attempt(push: Push, batch: Batch, caller: Caller, sender: _Sender) -> tuple[Result, CrmError | None]:
    """Try one push.

    Returns:
        What became of it, and what keeps the whole account from going on.

    Raises:
        LeaseLost: it is not ours any more; nothing of ours may be written.
    """
    caller.begin(push)
    started = time.perf_counter()

    def told(outcome: str, move: Any, **more: Any) -> Result:
        milliseconds = round((time.perf_counter() - started) * 1000)
        return Result(push, push.attempts + 1, outcome, move, milliseconds, caller.exchanges, caller.wrote, **more)

    if push.is_letter and push.called_at is not None:
        message = (
            "A worker died just when it sent this. Nobody knows whether it was sent; only a person may send it again."
        )
        move = push.lose_sight(at=batch.clock(), code="worker_died", message=message)
        step = Step.EMAIL_UNKNOWN if push.kind == Push.Kind.EMAIL else None
        return told("unknown", move, code="worker_died", message=message, step=step), None
    if push.crashes >= MAX_CRASHES:
        message = f"{push.crashes} workers died on it. It is held until a person looks; the logs of that time say more."
        move = push.bury(at=batch.clock(), code="poison", message=message, reason=POISON, called_at=push.called_at)
        return told("dead", move, code="poison", message=message, revision=push.revision), None
    try:
        outcome = sender.send(push)
    except RecordGone:
        message = "The contact is not in the CRM any more. It is written there again first."
        move = push.postpone(
            at=batch.clock(),
            until=batch.clock() + timedelta(seconds=1),
            code="record_gone",
            message=message,
            spends_attempt=True,
            called_at=push.called_at,
        )
        return told("retry", move, code="record_gone", message=message, record_gone=True), None
    except CrmError as error:
        return _failed(push, batch, caller, error, told)
    if isinstance(outcome, Happened):
        move = push.finish(proof=outcome.proof)
        proof = dict(outcome.proof)
        return told(
            "ok",
            move,
            revision=outcome.link.revision if outcome.link else 0,
            step=outcome.step,
            proof=proof,
            link=outcome.link,
        ), None
    move = push.skip(at=batch.clock(), reason=outcome.reason)
    return told("skipped", move, message=outcome.reason, step=outcome.step, proof={"reason": outcome.reason}), None


def _failed(
    push: Push, batch: Batch, caller: Caller, error: CrmError, told: Callable[..., Result]
) -> tuple[Result, CrmError | None]:
    """Decide what follows from an error: for the push, and for the account."""
    now = batch.clock()
    words = {"code": error.code, "message": error.message}
    # What may have had an effect is remembered: the next try looks before it writes.
    called_at = now if isinstance(error, Ambiguous) and caller.called else push.called_at
    if push.is_letter and isinstance(error, Ambiguous):
        step = Step.EMAIL_UNKNOWN if push.kind == Push.Kind.EMAIL else None
        move = push.lose_sight(at=now, code=error.code, message=error.message)
        return told("unknown", move, step=step, proof={"reason": error.message}, **words), None
    probing = batch.probe and isinstance(error, Transient | Ambiguous)
    if probing or isinstance(error, RateLimited):
        # Being told "not now", or being the breaker's probe on all others' behalf, is not this push's fault.
        until = now + _hold_of(error)
        return told("retry", _wait(push, now, until, error, called_at, spends_attempt=False), **words), error
    decision = decide(error, push.attempts + 1, now, random.uniform(JITTER_LOW, JITTER_HIGH))  # noqa: S311 - jitter
    match decision:
        case Postpone(until):
            outcome = "ambiguous" if isinstance(error, Ambiguous) else "retry"
            return told(outcome, _wait(push, now, until, error, called_at, spends_attempt=True), **words), None
        case PauseConnection(until=resumes):
            outcome = "paused" if resumes is None else "retry"
            move = _wait(push, now, resumes or now, error, called_at, spends_attempt=False)
            return told(outcome, move, **words), error
        case Bury(reason):
            move = push.bury(at=now, code=error.code, message=error.message, reason=reason, called_at=called_at)
            return told("dead", move, revision=push.revision, **words), None


def _wait(
    push: Push,
    now: datetime,
    until: datetime,
    error: CrmError,
    called_at: datetime | None,
    *,
    spends_attempt: bool,
) -> Any:
    return push.postpone(
        at=now,
        until=until,
        code=error.code,
        message=error.message,
        spends_attempt=spends_attempt,
        called_at=called_at,
    )


def _hold_of(error: CrmError) -> timedelta:
    """How long an account that fails as a whole is left alone."""
    if error.retry_after is not None:
        return timedelta(seconds=error.retry_after)
    return _SHORT_HOLD if isinstance(error, RateLimited) else _UNKNOWN_HOLD


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
        except IntegrityError:
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
    """Two of the outcomes cannot both stand (one CRM record for two contacts): find out which, one by one."""
    written: list[Result] = []
    for result in results:
        try:
            written += record(batch.account, [result], now=batch.clock())
        except IntegrityError:
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
