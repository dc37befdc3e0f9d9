"""Ask a data provider, which costs money: each question once.

    what do we know, what is missing -> set money aside and announce, in one transaction -> one call -> what it cost

Invariants: before a question leaves us, that, its mark and the money are committed; one that may have left is never
asked again by a machine; what the answer did not cost is given back.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from crmsync.enriching import PHONE_CHECKS, findable, lacking
from crmsync.links import answer_link
from crmsync.models import Connection, Push
from crmsync.options import ProviderOptions, told
from crmsync.providers.base import REFERENCED, Answer, Question
from crmsync.services.budget import BudgetSpent, settle_price
from crmsync.services.sending.desk import AskDesk, Happened, Later, NotNeeded, Outcome
from crmsync.transport.errors import Ambiguous, CrmError

T = TypeVar("T")


def ask_provider(push: Push, desk: AskDesk) -> Outcome:
    """Ask what the push is there to ask, unless there is a reason not to."""
    question = _question(push, desk)
    if isinstance(question, NotNeeded):
        return question
    asked = {push: question}
    if desk.options.by_callback and push.kind in REFERENCED:
        asked |= _alike(push, desk)
    mark = secrets.token_urlsafe(16)
    prices = {one: desk.options.price(one.kind) * question.units for one, question in asked.items()}
    try:
        announced = _announce(push, desk, prices, mark)
    except BudgetSpent as refusal:
        return Later(refusal.until, "budget_spent", refusal.message)
    if not desk.options.by_callback or push.kind not in REFERENCED:
        answer = _calling(desk, announced, lambda: desk.provider.ask(question))
        return answered(push, desk.account, desk.options, answer)
    questions = [asked[one] for one in announced]
    link = answer_link(desk.account.pk, mark)
    name = _calling(desk, announced, lambda: desk.provider.submit(questions, link))
    desk.caller.note_request(announced, f"{mark} {name}")
    until = desk.batch.clock() + timedelta(hours=desk.options.answer_within_hours)
    message = f"{desk.account.name} has the question and answers later."
    return Later(until, "answer_awaited", message)


def answered(push: Push, account: Connection, options: ProviderOptions, answer: Answer) -> Happened:
    """The outcome that an answer makes; gives back what it did not cost."""
    cost = settle_price(push, answer.billed * options.price(push.kind), "the answer cost less")
    fields = sorted({value.field for value in answer.found})
    proof = {"connection": account.slug, "found": ", ".join(fields) or "nothing", "cents": cost}
    return Happened(proof, answer=answer, cost=cost)


def awaited_until(push: Push, account: Connection) -> datetime | None:
    """Until when the answer to a question that the provider took may come; None for one that it did not take."""
    if not push.is_ask or push.called_at is None or " " not in push.message_id:
        return None
    options = told(account.kind, account.options)
    hours = options.answer_within_hours if isinstance(options, ProviderOptions) else 0.0
    return push.called_at + timedelta(hours=hours)


def _announce(push: Push, desk: AskDesk, prices: dict[Push, int], mark: str) -> list[Push]:
    """Announce them all, or where the money is not enough for all, this one."""
    try:
        return desk.caller.before_questions(prices, mark)
    except BudgetSpent:
        if len(prices) == 1:
            raise
        return desk.caller.before_questions({push: prices[push]}, mark)


def _calling(desk: AskDesk, announced: list[Push], call: Callable[[], T]) -> T:
    """Make the one call. What certainly did not happen cost nothing."""
    try:
        with desk.caller.changing("write"):
            return call()
    except Ambiguous as error:
        raise Ambiguous(
            error.code,
            f"{desk.account.name} did not answer as it should, and may have billed the question. No machine asks it "
            "again; the lead goes on without the answer. Look there, then redrive or discard it.",
        ) from error
    except CrmError as error:
        desk.caller.take_back(announced)
        for push in announced:
            settle_price(push, 0, "it was not asked")
        error.message = error.message.replace("The CRM", desk.account.name)
        raise


def _alike(push: Push, desk: AskDesk) -> dict[Push, Question]:
    """The questions behind this one in its batch that one call can ask with it: same kind, same purse.

    Those before it had their turn: what became of them is decided, and is written without the call that comes now.
    """
    found: dict[Push, Question] = {}
    for other in desk.batch.pushes[desk.batch.pushes.index(push) + 1 :]:
        alike = (other.kind, other.workflow) == (push.kind, push.workflow)
        if not alike or other.called_at is not None or other.crashes:
            continue
        question = _question(other, desk)
        if isinstance(question, Question):
            found[other] = question
    return found


def _question(push: Push, desk: AskDesk) -> Question | NotNeeded:
    noun = "contact" if push.contact_id is not None else "property"
    values = desk.known(push)
    if push.revision:  # it was asked for because something is missing, not to check what is there
        workflow = desk.workflows.get(push.workflow)
        if workflow is None or not lacking(noun, values, workflow.required):
            return NotNeeded("Nothing that the workflow asks for is missing any more.")
    if not findable(push.kind, values):
        what = "number to check" if push.kind in PHONE_CHECKS else "street with a state or ZIP, nor a parcel number"
        return NotNeeded(f"The record has no {what}, so that it cannot be looked for.")
    return Question(push.kind, f"push-{push.pk}", values)
