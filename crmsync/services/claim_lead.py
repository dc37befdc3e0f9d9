"""An agent takes a lead that was routed to them."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from crmsync.models import Assignment
from trail.record import Actor, record


class NotYours(Exception):
    """The lead is not (any more) assigned to this agent. Nothing changed."""


def look(lead_id: int, agent_id: int) -> Assignment:
    """The assignment that a claim link speaks of.

    Raises:
        NotYours: there is none, or it is another agent's by now.
    """
    assignment = (
        Assignment.objects.select_related("agent", "lead__contact", "lead__property", "lead__source")
        .filter(lead=lead_id, agent=agent_id)
        .first()
    )
    if assignment is None:
        raise NotYours
    return assignment


def claim(lead_id: int, agent_id: int) -> Assignment:
    """Note that the agent took the lead; the first time counts.

    Raises:
        NotYours: it is not this agent's.
    """
    with transaction.atomic():
        assignment = look(lead_id, agent_id)
        if Assignment.objects.filter(pk=assignment.pk, claimed_at__isnull=True).update(claimed_at=Now()):
            by = Actor.person(assignment.agent.email)
            record(assignment.lead, "lead.claimed", by=by, lead_id=lead_id, detail={"agent": assignment.agent.slug})
        assignment.refresh_from_db(fields=["claimed_at"])
    return assignment
