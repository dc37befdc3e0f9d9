"""One try of one push: what became of it, and what follows for the push and for its account.

Invariant: what an error means is decided by its kind (transport/errors.py, transport/retry.py), here and nowhere else;
any other exception passes through, for it is a bug and nobody knows what was done.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from crmsync.models import Push
from crmsync.services.sending.asking import awaited_until
from crmsync.services.sending.batch import Batch
from crmsync.services.sending.caller import Caller
from crmsync.services.sending.desk import Happened, Later, RecordGone, Step
from crmsync.services.sending.record import Result
from crmsync.services.sending.sender import Sender
from crmsync.transport.errors import Ambiguous, CrmError, RateLimited, Transient
from crmsync.transport.retry import JITTER_HIGH, JITTER_LOW, Bury, PauseConnection, Postpone, decide
from trail.leases import MAX_CRASHES

# The group of dead letters on which workers died; the others are of transport/retry.Reason.
POISON = "POISON"
_DIED = {
    False: "A worker died just when it sent this. Nobody knows whether it was sent; only a person may send it again.",
    True: "A worker died just when it asked this, or the call that asked it with others failed. Nobody knows whether "
    "it was asked and billed; only a person may ask again.",
}
_NEVER_ANSWERED = (
    "The provider took the question and never answered. It may have billed it; only a person may ask again."
)
_SHORT_HOLD = timedelta(seconds=1)
_UNKNOWN_HOLD = timedelta(seconds=5)


def attempt(push: Push, batch: Batch, caller: Caller, sender: Sender) -> tuple[Result, CrmError | None]:
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

    awaited = awaited_until(push, batch.account)
    if awaited is not None and awaited > batch.clock():
        return _later(push, batch, Later(awaited, "answer_awaited", "The answer comes later."), told), None
    if push.is_once and push.called_at is not None:
        code, message = ("never_answered", _NEVER_ANSWERED) if awaited else ("worker_died", _DIED[push.is_ask])
        move = push.lose_sight(at=batch.clock(), code=code, message=message)
        step = Step.EMAIL_UNKNOWN if push.kind == Push.Kind.EMAIL else None
        return told("unknown", move, code=code, message=message, step=step), None
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
            answer=outcome.answer,
            cost=outcome.cost,
        ), None
    if isinstance(outcome, Later):
        return _later(push, batch, outcome, told), None
    move = push.skip(at=batch.clock(), reason=outcome.reason)
    return told("skipped", move, message=outcome.reason, step=outcome.step, proof={"reason": outcome.reason}), None


def _later(push: Push, batch: Batch, outcome: Later, told: Callable[..., Result]) -> Result:
    """Let it wait, which is no failure and spends no attempt."""
    move = push.postpone(
        at=batch.clock(),
        until=outcome.until,
        code=outcome.code,
        message=outcome.message,
        spends_attempt=False,
        called_at=push.called_at,
    )
    return told("retry", move, code=outcome.code, message=outcome.message)


def _failed(
    push: Push, batch: Batch, caller: Caller, error: CrmError, told: Callable[..., Result]
) -> tuple[Result, CrmError | None]:
    """Decide what follows from an error: for the push, and for the account."""
    now = batch.clock()
    words = {"code": error.code, "message": error.message}
    # What may have had an effect is remembered: the next try looks before it writes.
    called_at = now if isinstance(error, Ambiguous) and caller.called else push.called_at
    if push.is_once and isinstance(error, Ambiguous):
        step = Step.EMAIL_UNKNOWN if push.kind == Push.Kind.EMAIL else None
        move = push.lose_sight(at=now, code=error.code, message=error.message)
        return told("unknown", move, step=step, proof={"reason": error.message}, **words), None
    probing = batch.probe and isinstance(error, Transient | Ambiguous)
    if probing or isinstance(error, RateLimited):
        # Being told "not now", or being the breaker's probe on all others' behalf, is not this push's fault.
        until = now + hold_of(error)
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


def hold_of(error: CrmError) -> timedelta:
    """How long an account that fails as a whole is left alone."""
    if error.retry_after is not None:
        return timedelta(seconds=error.retry_after)
    return _SHORT_HOLD if isinstance(error, RateLimited) else _UNKNOWN_HOLD
