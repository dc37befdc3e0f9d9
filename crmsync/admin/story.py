"""The trail of a lead as people read it: six steps, each done, failed, running, in doubt or ahead; what is done
stands in the order of its times.

Pure: decides from rows that were loaded elsewhere; reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmsync.models import Connection, Push
from intake.models import TrailStep
from trail.admin.wording import clock, exact, span


@dataclass(frozen=True, slots=True)
class Stage:
    """One place on the trail: which recorded steps fill it, and which kinds of push work on it."""

    title: str
    icon: str
    steps: tuple[str, ...]
    kinds: tuple[str, ...] = ()


STAGES = (
    Stage("Received", "inbox", (TrailStep.Step.RECEIVED,)),
    Stage("Normalized", "rule", (TrailStep.Step.NORMALIZED,)),
    Stage(
        "In the CRM",
        "cloud_done",
        (TrailStep.Step.CRM_CREATED, TrailStep.Step.CRM_UPDATED),
        (Push.Kind.UPSERT_CONTACT,),
    ),
    Stage("Assigned", "person_check", (TrailStep.Step.ASSIGNED,), (Push.Kind.ASSIGN,)),
    Stage(
        "First e-mail",
        "mail",
        (TrailStep.Step.EMAIL_SENT, TrailStep.Step.EMAIL_SKIPPED, TrailStep.Step.EMAIL_UNKNOWN),
        (Push.Kind.EMAIL,),
    ),
    Stage("Task created", "task_alt", (TrailStep.Step.TASK_CREATED,), (Push.Kind.TASK,)),
)
# Recorded steps that are not plain success.
_DOUBT = (TrailStep.Step.EMAIL_UNKNOWN,)
# What a proof says of the person; hidden like the payload that it came from.
_PERSONAL = ("to", "email")


@dataclass(frozen=True, slots=True)
class Told:
    """A stage as the page shows it. `look` is done, failed, running, doubt or ahead."""

    title: str
    icon: str
    look: str
    word: str
    time: str = ""
    exact: str = ""
    gap: str = ""
    proof: str = ""
    push: Push | None = None


def tell(steps: Sequence[TrailStep], pushes: Iterable[Push], *, open_values: bool) -> list[Told]:
    """The six stages.

    Args:
        steps: the lead's recorded steps.
        pushes: the lead's pushes and those of its contact, newest first.
        open_values: may this person see what a payload says?
    """
    done = {step.step: step for step in steps}
    by_kind: dict[str, Push] = {}
    for push in pushes:
        by_kind.setdefault(push.kind, push)
    reached: list[tuple[TrailStep, Stage]] = []
    ahead: list[Told] = []
    for stage in STAGES:
        step = next((done[name] for name in stage.steps if name in done), None)
        if step is not None:
            reached.append((step, stage))
        else:
            ahead.append(_not_done(stage, _newest(stage, by_kind)))
    told: list[Told] = []
    before: datetime | None = None
    for step, stage in sorted(reached, key=lambda pair: pair[0].at):
        told.append(_done(stage, step, _newest(stage, by_kind), before, open_values))
        before = step.at
    return told + ahead


def _newest(stage: Stage, by_kind: Mapping[str, Push]) -> Push | None:
    return next((by_kind[kind] for kind in stage.kinds if kind in by_kind), None)


def _done(stage: Stage, step: TrailStep, push: Push | None, before: datetime | None, open_values: bool) -> Told:
    gap = f"+{span(step.at - before)}" if before else ""
    doubtful = step.step in _DOUBT
    return Told(
        title=step.get_step_display(),
        icon=stage.icon,
        look="doubt" if doubtful else "done",
        word="Outcome unknown" if doubtful else "Done",
        time=clock(step.at),
        exact=exact(step.at),
        gap=gap,
        proof=proof_in_words(step, open_values=open_values),
        push=push if push and push.state == Push.State.UNKNOWN else None,
    )


def _not_done(stage: Stage, push: Push | None) -> Told:
    if push is None:
        return Told(stage.title, stage.icon, "ahead", "Not reached")
    if push.state == Push.State.DEAD:
        return Told(stage.title, stage.icon, "failed", "Failed", proof=push.error_message or push.error_code, push=push)
    if push.state == Push.State.UNKNOWN:
        text = push.error_message or "It may have happened. Look there before you redrive."
        return Told(stage.title, stage.icon, "doubt", "Outcome unknown", proof=text, push=push)
    if push.state == Push.State.WAITING:
        tried = f"Tried {push.attempts} times. {push.error_message}" if push.attempts else "Waiting for its turn."
        if push.connection.state == Connection.State.PAUSED:
            tried = f"{push.connection.name} is paused. This is done when somebody resumes it."
        return Told(stage.title, stage.icon, "running", "In progress", proof=tried.strip())
    return Told(stage.title, stage.icon, "ahead", push.get_state_display())


def proof_in_words(step: TrailStep, *, open_values: bool) -> str:
    """One line that proves a step: the CRM's id, the Message-ID, the mapping version."""
    proof: Mapping[str, Any] = step.proof
    said = TrailStep.Step
    if step.step == said.RECEIVED:
        key = f", proved by the secret {proof['key_id']}" if proof.get("key_id") else ""
        person = f", by {proof['by']}" if proof.get("by") else ""
        return f"{str(proof.get('via', '')).capitalize()}{person}, delivery {str(proof.get('delivery', ''))[:8]}{key}"
    if step.step == said.NORMALIZED:
        unmapped = f", {proof['unmapped']} unmapped" if proof.get("unmapped") else ""
        return f"Mapping {proof.get('mapping', '')}: {proof.get('fields', 0)} fields{unmapped}"
    if not open_values:
        proof = {name: value for name, value in proof.items() if name not in _PERSONAL}
    if step.step in (said.CRM_CREATED, said.CRM_UPDATED) and "id" in proof:
        return f"Contact {proof['id']} in {proof.get('connection', 'the CRM')}"
    if step.step == said.TASK_CREATED and "id" in proof:
        return f"Task {proof['id']} in {proof.get('connection', 'the CRM')}"
    if step.step == said.ASSIGNED and "agent" in proof:
        owner = f", owner {proof['owner_id']} in {proof.get('connection', 'the CRM')}" if proof.get("owner_id") else ""
        return f"To {proof['agent']}{owner}"
    if step.step == said.EMAIL_SENT and "to" in proof:
        return f"To {proof['to']}, message id {proof.get('message_id', '')}"
    if step.step == said.EMAIL_SKIPPED and "reason" in proof:
        return str(proof["reason"])
    # Whatever else it proved is shown as it stands, in its own order.
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in proof.items() if value not in (None, ""))
