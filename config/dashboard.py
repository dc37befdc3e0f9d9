"""The first page: is anything lost, does anything wait for a person, does everything still run?

Invariant: every figure links to the list behind it. Figures over the whole ledger may be SECONDS old, and the page says
when they were made; what waits for a person is counted anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Min
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from crmsync.admin.letters import Chosen, count
from crmsync.models import Connection, Push
from crmsync.selectors import reconciled
from intake.admin.tones import ITEM_TONES
from intake.models import Delivery, Item, Lead
from intake.selectors import Equation
from trail.admin.heartbeat import condition
from trail.admin.wording import age, clock, exact, span
from trail.models import Heartbeat

SECONDS = 15
LAST_LEADS = 10


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: what it counts, the figure, a sentence with its tone, and the list behind it."""

    name: str
    figure: str
    says: str
    tone: str
    href: str
    alarm: bool = False


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What templates/admin/index.html shows."""
    now = timezone.now()
    known, made_at = _equation(now)
    may = request.user.has_perm
    tiles = [_lost(known)]
    if may("crmsync.view_deadletter"):
        tiles.append(_dead_letters(now))
    if may("crmsync.view_push"):
        tiles.append(_pushes(now))
    if may("trail.view_heartbeat"):
        tiles.append(_heartbeats(now))
    context.update(
        title="Dashboard",
        as_of=clock(made_at),
        tiles=tiles,
        accepted=known.accepted,
        terms=_terms(known),
        lost=known.lost,
        lost_references=known.lost_references,
        paused=list(Connection.objects.filter(state=Connection.State.PAUSED)) if may("crmsync.view_connection") else [],
        leads=_last_leads(now) if may("intake.view_lead") else [],
        may_view_leads=may("intake.view_lead"),
    )
    return context


def _equation(now: datetime) -> tuple[Equation, datetime]:
    held: tuple[Equation, datetime] | None = cache.get("dashboard:equation")
    if held is None:
        held = (reconciled(name_lost=10), now)
        cache.set("dashboard:equation", held, SECONDS)
    return held


def _lost(known: Equation) -> Tile:
    if known.lost:
        says = f"of {known.accepted:,} accepted. Each is named below."
        return Tile("Records lost", f"{known.lost:,}", says, "bad", "#equation", alarm=True)
    return Tile("Records lost", "0", f"{known.accepted:,} of {known.accepted:,} accounted for", "good", "#equation")


def _dead_letters(now: datetime) -> Tile:
    waiting = count(Chosen(), now)
    says = f"The oldest waits {span(now - waiting.oldest)}" if waiting.oldest else "Everything went through"
    href = reverse("admin:crmsync_deadletter_changelist")
    return Tile("Dead letters waiting", f"{waiting.number:,}", says, "bad" if waiting.number else "good", href)


def _pushes(now: datetime) -> Tile:
    found = Push.objects.filter(state=Push.State.WAITING).aggregate(number=Count("pk"), oldest=Min("created_at"))
    says = f"The oldest waits {span(now - found['oldest'])}" if found["oldest"] else "Nothing waits to be written"
    href = f"{reverse('admin:crmsync_push_changelist')}?state__exact={Push.State.WAITING}"
    return Tile("Pushes waiting", f"{found['number']:,}", says, "quiet", href)


def _heartbeats(now: datetime) -> Tile:
    beats = [(beat.name, *condition(beat, now)) for beat in Heartbeat.objects.all()]
    bad = [(name, word) for name, word, tone in beats if tone != "good"]
    href = reverse("admin:trail_heartbeat_changelist")
    if not beats:
        return Tile("Heartbeats", "None yet", "No job has ended yet. Is the worker running?", "wait", href)
    says = f"{bad[0][0]}: {bad[0][1].lower()}" if bad else "Every recurring job ran as it should"
    return Tile("Heartbeats", f"{len(beats) - len(bad)} of {len(beats)} on time", says, "bad" if bad else "good", href)


def _terms(known: Equation) -> list[dict[str, Any]]:
    """The right side of the equation; what is no record yet is a delivery, and has its own list."""
    unsplit = dict(
        Delivery.objects.exclude(state=Delivery.State.SPLIT).order_by().values_list("state").annotate(Count("pk"))
    )
    of_deliveries = {
        Item.State.IN_PROGRESS: Delivery.State.RECEIVED,
        Item.State.DEAD_LETTER: Delivery.State.DEAD,
        Item.State.DISCARDED: Delivery.State.DISCARDED,
    }
    items, deliveries = reverse("admin:intake_item_changelist"), reverse("admin:intake_delivery_changelist")
    terms = []
    for state in Item.State:
        unread = unsplit.get(of_deliveries[state], 0) if state in of_deliveries else 0
        terms.append(
            {
                "name": state.label[0].lower() + state.label[1:],
                "number": getattr(known, state.value),
                "href": f"{items}?state__exact={state.value}",
                "deliveries": unread,
                "deliveries_href": f"{deliveries}?state__exact={of_deliveries[state].value}" if unread else "",
            }
        )
    return terms


def _last_leads(now: datetime) -> list[dict[str, Any]]:
    leads = Lead.objects.select_related("source", "contact", "item", "assignment__agent").order_by("-id")[:LAST_LEADS]
    return [
        {
            "href": reverse("admin:intake_lead_change", args=[lead.pk]),
            "name": str(lead.contact),
            "reference": lead.reference,
            "source": lead.source.name,
            "agent": lead.assignment.agent.name if hasattr(lead, "assignment") else "",
            "state": lead.item.get_state_display(),
            "tone": ITEM_TONES[lead.item.state],
            "age": age(lead.received_at, now),
            "exact": exact(lead.received_at),
        }
        for lead in leads
    ]
