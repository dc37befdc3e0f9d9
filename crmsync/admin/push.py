"""Pushes: one thing each that must happen outside, with every try of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, FieldTextFilter, RelatedDropdownFilter
from unfold.decorators import display

from crmsync.models import Attempt, Push
from crmsync.services.redrive import NotDiscarded, ReasonMissing, discard, redrive, restore
from intake.admin.payload import masked
from trail.admin import Cell, Exchange, Facts, Lever, Panel, ReadOnlyAdmin, ReasonForm, Table, actor, address
from trail.admin.columns import ago, link, stacked, tag
from trail.admin.filters import AgeFilter
from trail.admin.wording import exact, heading

TONES: dict[str, str] = {
    Push.State.WAITING: "busy",
    Push.State.DONE: "good",
    Push.State.DEAD: "bad",
    Push.State.DISCARDED: "quiet",
    Push.State.SUPERSEDED: "quiet",
    Push.State.SKIPPED: "quiet",
    Push.State.UNKNOWN: "wait",
}
OUTCOME_TONES = {"ok": "good", "retry": "wait", "ambiguous": "wait", "unknown": "wait", "dead": "bad", "paused": "bad"}
# What a proof says again; the page has said it from the push itself.
_SAID_ABOVE = ("message_id", "connection")
_NOTHING = "It was no dead letter any more. Nothing changed."


def gave_up(push: Push) -> bool:
    """Does it wait for a person: dead, or its outcome unknown?"""
    return push.state in (Push.State.DEAD, Push.State.UNKNOWN)


def _redrive(push: Push, request: HttpRequest, data: dict[str, Any]) -> str:
    done = redrive([push.pk], by=actor(request))
    return "Back to work. It is tried within seconds; if it fails again it comes back here." if done else _NOTHING


def _discard(push: Push, request: HttpRequest, data: dict[str, Any]) -> str:
    done = discard([push.pk], by=actor(request), reason=data["reason"])
    return "Discarded. It will not happen; you can restore it." if done else _NOTHING


def _restore(push: Push, request: HttpRequest, data: dict[str, Any]) -> str:
    restore(push.pk, by=actor(request))
    return "Restored as a dead letter."


def _caution(push: Push) -> tuple[str, ...]:
    if push.state == Push.State.UNKNOWN:
        return ("It may have happened already: look there first. If it did, redriving does it twice.",)
    return ("What is sent is read anew, so a correction made meanwhile goes with it.",)


def subject(push: Push) -> tuple[str, str]:
    """Whom it is about, and where that is shown."""
    if push.lead_id and push.lead:
        return push.lead.reference, reverse("admin:intake_lead_change", args=[push.lead_id])
    if push.contact_id:
        return str(push.contact), reverse("admin:intake_contact_change", args=[push.contact_id])
    if push.property_id:
        return str(push.property), reverse("admin:intake_property_change", args=[push.property_id])
    return "", ""


@admin.register(Push)
class PushAdmin(ReadOnlyAdmin):
    list_display = ("named", "about", "connection", "standing", "made", "tries", "note")
    list_filter = (
        ("state", ChoicesCheckboxFilter),
        ("kind", ChoicesCheckboxFilter),
        ("connection", RelatedDropdownFilter),
        ("error_code", FieldTextFilter),
        type("PushAgeFilter", (AgeFilter,), {"column": "created_at"}),
    )
    list_select_related = ("connection", "contact", "property", "lead")
    ordering = ("-id",)
    export_columns = (
        "id",
        "kind",
        "connection__slug",
        "state",
        "contact_id",
        "property_id",
        "lead_id",
        "attempts",
        "error_code",
        "error_message",
        "created_at",
        "finished_at",
    )
    lead_in = (
        "One thing each that must happen outside. What is sent is read when it is sent, so it is always the newest."
    )
    levers = (
        Lever("redrive", "Redrive", "crmsync.redrive_push", _redrive, _caution, offered=gave_up, primary=True),
        Lever(
            "discard",
            "Discard",
            "crmsync.discard_push",
            _discard,
            lambda push: ("You say that this need not happen. What stands behind it goes on without it.",),
            form=ReasonForm,
            offered=gave_up,
            refusals=(ReasonMissing,),
            danger=True,
        ),
        Lever(
            "restore",
            "Restore",
            "crmsync.discard_push",
            _restore,
            lambda push: ("It becomes a dead letter again, which you can redrive.",),
            offered=lambda push: push.state == Push.State.DISCARDED,
            refusals=(NotDiscarded,),
        ),
    )

    @display(description="Push", ordering="id")
    def named(self, push: Push) -> str:
        return stacked(push.get_kind_display(), f"Push {push.pk}")

    @display(description="About")
    def about(self, push: Push) -> str:
        return link(*subject(push))

    @display(description="State", ordering="state")
    def standing(self, push: Push) -> str:
        return tag(push.get_state_display(), TONES[push.state])

    @display(description="Asked for", ordering="created_at")
    def made(self, push: Push) -> str:
        return ago(push.created_at)

    @display(description="Tries", ordering="attempts")
    def tries(self, push: Push) -> int:
        return push.attempts

    @display(description="Why")
    def note(self, push: Push) -> str:
        return stacked(push.error_message, push.error_code) if push.error_message or push.error_code else "-"

    def headline(self, row: Push) -> Cell:
        return Cell(f"{row.get_kind_display()}, push {row.pk}", small=row.get_state_display(), tone=TONES[row.state])

    def panels(self, request: HttpRequest, row: Push) -> list[Panel]:
        name, href = subject(row)
        open_values = request.user.has_perm("intake.view_payload")
        tries = list(row.tries.all()[:50])
        found: list[Panel] = []
        if row.error_message or row.error_code:
            title = "Why it was skipped" if row.state == Push.State.SKIPPED else "What went wrong"
            found.append(Facts(title, [("Reason", Cell(row.error_message, small=row.error_code, code=True))]))
        found.append(
            Facts(
                "Push",
                [
                    ("About", Cell(name, href=href)),
                    (
                        "Connection",
                        Cell(row.connection, href=address(request, "crmsync.connection", row.connection_id)),
                    ),
                    ("Asked for", Cell(when=row.created_at)),
                    ("Next try", Cell(when=row.next_attempt_at) if row.state == Push.State.WAITING else Cell()),
                    ("First failed", Cell(when=row.first_failed_at)),
                    ("Finished", Cell(when=row.finished_at)),
                    *_waits_for(row),
                    ("Message-ID", Cell(row.message_id, code=True)),
                    *(
                        (heading(str(key)), Cell(value))
                        for key, value in sorted((tries[0].proof if tries else {}).items())
                        if key not in _SAID_ABOVE
                    ),
                ],
            )
        )
        found.append(attempts_table(tries))
        for one in tries[:10]:
            found += exchanges(one, open_values=open_values)
        return found


def _waits_for(row: Push) -> list[tuple[str, Cell]]:
    if not row.after_id or row.state != Push.State.WAITING:
        return []
    return [("Waits for", Cell(row.after, href=reverse("admin:crmsync_push_change", args=[row.after_id])))]


def attempts_table(tries: list[Attempt]) -> Table:
    """Every try, newest first, in one table."""
    return Table(
        "Every try",
        ("Try", "When", "Outcome", "What was said", "ms"),
        [
            (
                Cell(one.number),
                Cell(when=one.at),
                Cell(one.outcome, tone=OUTCOME_TONES.get(one.outcome, "quiet")),
                Cell(one.error_message, small=one.error_code),
                Cell(f"{one.milliseconds:,}"),
            )
            for one in tries
        ],
        empty="Not tried yet.",
        numbers=(4,),
    )


def exchanges(attempt: Attempt, *, open_values: bool) -> list[Exchange]:
    """What was asked and answered in one try, secrets masked."""
    return [
        Exchange(
            f"Try {attempt.number}: {call.get('method', '')} {call.get('path', '')}".strip(),
            _text(call.get("request"), open_values),
            f"{call.get('status') or 'no answer'}\n{_text(call.get('response'), open_values)}",
            note=f"{exact(attempt.at)}, {call.get('milliseconds', attempt.milliseconds)} ms",
        )
        for call in attempt.exchanges
        if isinstance(call, Mapping)
    ]


def _text(content: Any, open_values: bool) -> str:
    if content in (None, "", {}, []):
        return "(empty)"
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except ValueError:
            return content if open_values else "••••"
    return json.dumps(masked(content, everything=not open_values), indent=2, ensure_ascii=False)
