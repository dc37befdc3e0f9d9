"""Write down what became of a batch: every outcome with its consequences, in one transaction.

Invariants: nothing is written for a push whose lease is not ours any more; an upsert is done only if no newer revision
was asked for meanwhile (its row is locked first, so whoever asks comes wholly before or wholly after); attempt, state,
link, step, audit entry and the items' states stand or fall together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import Error, transaction
from django.db.models import Count, Exists, OuterRef

from crmsync.models import Attempt, Connection, CrmLink, Push
from crmsync.providers.base import Answer
from crmsync.services.ask import DRAIN_TASK, Wanted, ask
from crmsync.services.keep_answers import keep_answers
from crmsync.services.sending.desk import LinkChange, Step
from crmsync.services.settle import settle
from intake.models import Lead, TrailStep
from trail.bell import ring
from trail.inserting import insert
from trail.transitions import Move, apply_moves

# Where what needs a contact's link waits while the contact's own write is a dead letter: found again by `wake`.
_UNTIL_WOKEN = timedelta(days=3650)
_ASLEEP = timedelta(days=1)


@dataclass(slots=True)
class Result:
    """What became of one push.

    Attributes:
        number: which attempt it was, from 1; of one that was redriven, since then, until it is written.
        outcome: ok, retry, ambiguous, dead, paused, skipped or unknown.
        move: what happens to the push.
        revision: of an upsert, the record's revision that was sent.
        record_gone: the contact it needs vanished from the CRM and must be written there again.
    """

    push: Push
    number: int
    outcome: str
    move: Move
    milliseconds: int
    exchanges: Sequence[dict[str, Any]] = ()
    action: str = "update"
    code: str = ""
    message: str = ""
    revision: int = 0
    step: str | None = None
    proof: dict[str, Any] = field(default_factory=dict)
    link: LinkChange | None = None
    record_gone: bool = False
    answer: Answer | None = None
    cost: int = 0


def record(account: Connection, results: Sequence[Result], *, now: datetime) -> list[Result]:
    """Write the results of one batch.

    Args:
        account: where they were sent.
        now: the database's time.

    Returns:
        The results that were written; the others lost their lease and changed nothing.

    Raises:
        django.db.Error: nothing was written, and the pushes at hand are as they were, so that it can be tried again.
    """
    before = [dict(vars(result.push)) for result in results]
    try:
        return _record(account, results, now)
    except Error:
        for result, values in zip(results, before, strict=True):
            vars(result.push).update(values)
        raise


def _record(account: Connection, results: Sequence[Result], now: datetime) -> list[Result]:
    with transaction.atomic():
        written = _move(results, _lock(results), now)
        if not written:
            return []
        _keep_attempts(written, now)
        _keep_links(account, written, now)
        _keep_steps(account, written, now)
        _ask_again_for_lost_records(account, written)
        _settle(account, written, now)
        keep_answers(
            account, [(result.push, result.answer, result.cost) for result in written if result.answer is not None], now
        )
        for connection_id in _waiting_behind(account, written):
            ring(DRAIN_TASK, connection_id)
    return written


def wake(now: datetime) -> int:
    """Wake what slept until its contact's link was there. The sweep calls it for what was missed."""
    there = CrmLink.objects.filter(connection=OuterRef("connection"), contact=OuterRef("contact"))
    sleeping = Push.objects.filter(state=Push.State.WAITING, needs_link=True, next_attempt_at__gt=now + _ASLEEP)
    return sleeping.filter(Exists(there)).update(next_attempt_at=now)


def _lock(results: Iterable[Result]) -> dict[int, int]:
    """Take the rows of upserts in the order that planners take them (Wanted.lock_order).

    Returns:
        Per upsert the revision that is asked for now; nobody asks for a newer one until we have committed.
    """
    upserts = [result.push.pk for result in results if result.push.is_upsert]
    if not upserts:
        return {}
    rows = Push.objects.select_for_update(no_key=True).filter(pk__in=upserts)
    return dict(rows.order_by("kind", "contact_id", "property_id").values_list("pk", "revision"))


def _move(results: Sequence[Result], asked: Mapping[int, int], now: datetime) -> list[Result]:
    """Move the pushes that are still ours; an upsert whose record has moved on goes on waiting, for the newer one."""
    moves: list[Move] = []
    for result in results:
        push = result.push
        outdated = push.is_upsert and asked.get(push.pk, 0) > result.revision
        moves.append(push.start_again(at=now) if outdated and result.move.to != Push.State.WAITING else result.move)
    won = {move.row.pk for move in apply_moves(moves)}
    return [result for result in results if result.push.pk in won]


def _keep_attempts(written: Sequence[Result], now: datetime) -> None:
    """Keep every try under its number among all of its push, also of those before somebody redrove it."""
    failed = [result.push.pk for result in written if result.push.first_failed_at is not None]
    tries = Attempt.objects.filter(push__in=failed).values("push").annotate(tries=Count("pk")).order_by()
    before = dict(tries.values_list("push", "tries")) if failed else {}
    for result in written:
        result.number = before.get(result.push.pk, result.number - 1) + 1
    insert(
        (
            Attempt(
                push=result.push,
                number=result.number,
                outcome=result.outcome,
                error_code=result.code[:40],
                error_message=result.message[:300],
                milliseconds=result.milliseconds,
                proof=dict(result.proof),
                exchanges=list(result.exchanges),
            )
            for result in written
        ),
        at=now,
    )


def _keep_links(account: Connection, written: Sequence[Result], now: datetime) -> None:
    linked = [result for result in written if result.link is not None]
    if not linked:
        return
    contacts = {result.push.contact_id for result in linked if result.push.contact_id}
    properties = {result.push.property_id for result in linked if result.push.property_id}
    known: dict[tuple[int | None, int | None], CrmLink] = {}
    for link in CrmLink.objects.filter(connection=account, contact__in=contacts) if contacts else ():
        known[link.contact_id, None] = link
    for link in CrmLink.objects.filter(connection=account, property__in=properties) if properties else ():
        known[None, link.property_id] = link
    fresh: list[CrmLink] = []
    for result in linked:
        change = result.link
        if change is None:
            continue
        link = known.get((result.push.contact_id, result.push.property_id)) or CrmLink(
            connection=account,
            contact_id=result.push.contact_id,
            property_id=result.push.property_id,
            object_kind="contact" if result.push.contact_id else "property",
            created_there=change.created,
        )
        link.remote_id, link.revision = change.remote_id, change.revision
        link.sent, link.synced_at = dict(change.sent), now
        if link.pk:
            link.save(update_fields=["remote_id", "revision", "sent", "synced_at"])
        else:
            fresh.append(link)
    insert(fresh)
    woken = [link.contact_id for link in fresh if link.contact_id is not None]
    if woken:
        sleeping = Push.objects.filter(connection=account, contact__in=woken, state=Push.State.WAITING, needs_link=True)
        sleeping.filter(next_attempt_at__gt=now + _ASLEEP).update(next_attempt_at=now)


def _keep_steps(account: Connection, written: Sequence[Result], now: datetime) -> None:
    steps = [
        TrailStep(lead_id=result.push.lead_id, step=result.step, proof=result.proof)
        for result in written
        if result.step and result.push.lead_id is not None
    ]
    contacts = {
        result.push.contact_id: result
        for result in written
        if result.step and result.push.kind == Push.Kind.UPSERT_CONTACT
    }
    if contacts:
        there = TrailStep.objects.filter(lead=OuterRef("pk"), step__in=[Step.CRM_CREATED, Step.CRM_UPDATED])
        leads = Lead.objects.filter(~Exists(there), contact__in=list(contacts))
        for lead_id, contact_id, revision in leads.values_list("pk", "contact_id", "item__contact_revision"):
            result = contacts[contact_id]
            if revision <= result.revision:
                steps.append(TrailStep(lead_id=lead_id, step=str(result.step), proof=result.proof))
    insert(steps, at=now, ignore_conflicts=True)


def _ask_again_for_lost_records(account: Connection, written: Sequence[Result]) -> None:
    """Where a contact vanished from the CRM: forget the link, and ask for the contact's write."""
    gone = {result.push.contact_id for result in written if result.record_gone and result.push.contact_id}
    if not gone:
        return
    links = CrmLink.objects.select_related("contact").filter(connection=account, contact__in=gone)
    wanted = [
        Wanted(Push.Kind.UPSERT_CONTACT, account.pk, contact_id=link.contact_id, revision=link.contact.revision)
        for link in links
        if link.contact is not None
    ]
    links.delete()
    ask(wanted)


def _settle(account: Connection, written: Sequence[Result], now: datetime) -> None:
    """The records' items follow; what needs a link that will not come sleeps; older dead letters are history."""
    ended = [result for result in written if result.push.is_upsert and result.push.state != Push.State.WAITING]
    linked = [result for result in written if result.link is not None]
    if not ended and not linked:
        return
    about = [result.push for result in (*ended, *linked)]
    contacts = {push.contact_id for push in about if push.contact_id is not None}
    properties = {push.property_id for push in about if push.property_id is not None}
    if linked:
        _supersede_dead(account, linked)
    buried = {
        result.push.contact_id
        for result in ended
        if result.push.state == Push.State.DEAD and result.push.contact_id is not None
    }
    if buried:
        held = CrmLink.objects.filter(connection=account, contact=OuterRef("contact"))
        Push.objects.filter(
            ~Exists(held), connection=account, contact__in=buried, state=Push.State.WAITING, needs_link=True
        ).update(next_attempt_at=now + _UNTIL_WOKEN)
    settle(contacts, properties)


def _supersede_dead(account: Connection, linked: Sequence[Result]) -> None:
    """A write that gave up is no dead letter any more once a later one of the same record arrived."""
    contacts = {result.push.contact_id for result in linked if result.push.contact_id is not None}
    properties = {result.push.property_id for result in linked if result.push.property_id is not None}
    dead = Push.objects.filter(connection=account, state=Push.State.DEAD)
    old: list[Push] = []
    if contacts:
        old += dead.filter(kind=Push.Kind.UPSERT_CONTACT, contact__in=contacts)
    if properties:
        old += dead.filter(kind=Push.Kind.UPSERT_PROPERTY, property__in=properties)
    apply_moves(push.supersede(reason="A later write of the same record arrived.") for push in old)


def _waiting_behind(account: Connection, written: Sequence[Result]) -> list[int]:
    """Other accounts with pushes that waited for these."""
    ended = [result.push.pk for result in written if result.push.state != Push.State.WAITING]
    waiting = Push.objects.filter(after__in=ended, state=Push.State.WAITING).exclude(connection=account)
    return list(waiting.values_list("connection_id", flat=True).distinct().order_by()) if ended else []
