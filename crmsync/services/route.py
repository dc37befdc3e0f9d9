"""Give leads to agents: load the rules, let crmsync.routing decide, take the turns of round robins under lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmsync.models import Agent, Assignment, RoutingRule
from crmsync.routing import AgentFacts, LeadFacts, Rule, choose, first_fit
from intake.models import Lead


@dataclass(frozen=True, slots=True)
class Routed:
    """Who takes a lead (None: nobody), by which rule, and why in words."""

    agent: Agent | None
    rule_id: int | None
    reason: str


def route(leads: Sequence[Lead]) -> dict[int, Routed]:
    """Choose an agent for each lead. Call it inside the transaction that writes the assignments.

    Args:
        leads: with source and property loaded.

    Returns:
        The choice per lead id.
    """
    rows = list(RoutingRule.objects.filter(active=True).prefetch_related("agents").order_by("position", "id"))
    people = {agent.pk: agent for row in rows for agent in row.agents.all()}
    rules = [_rule(row) for row in rows]
    fitting = {lead.pk: first_fit(rules, _facts(lead)) for lead in leads}
    # A round robin's turn is taken under a lock on its rule, always in the order of ids. A named agent needs none.
    shared = sorted({rule.id for rule, _ in fitting.values() if rule is not None and len(rule.agents) > 1})
    locked = RoutingRule.objects.select_for_update(no_key=True).filter(pk__in=shared).order_by("pk")
    turns = {row.pk: row.turn for row in locked} if shared else {}
    before = dict(turns)
    # Read under those locks: who shares out leads of the same contact at the same time has committed by now.
    having = _agents_of({lead.contact_id for lead in leads}) if shared else {}
    routed: dict[int, Routed] = {}
    for lead in leads:
        rule, reason = fitting[lead.pk]
        turn, has_contact = turns.get(rule.id if rule else 0, 0), having.get(lead.contact_id)
        choice = choose(rule.agents, turn, has_contact=has_contact) if rule is not None else None
        if rule is None or choice is None:
            routed[lead.pk] = Routed(None, None, reason)
            continue
        if rule.id in turns:
            turns[rule.id] = choice.next_turn
        having[lead.contact_id] = choice.agent.id
        routed[lead.pk] = Routed(people[choice.agent.id], rule.id, f"{reason} {choice.reason}".rstrip())
    for rule_id, turn in turns.items():
        if turn != before[rule_id]:
            RoutingRule.objects.filter(pk=rule_id).update(turn=turn)
    return routed


def _agents_of(contact_ids: set[int]) -> dict[int, int]:
    """Per contact the agent who got its last lead."""
    given = Assignment.objects.filter(lead__contact__in=contact_ids).order_by("pk")
    return dict(given.values_list("lead__contact_id", "agent_id"))


def _rule(row: RoutingRule) -> Rule:
    agents = sorted(row.agents.all(), key=lambda agent: agent.pk)
    return Rule(
        id=row.pk,
        name=row.name,
        agents=tuple(AgentFacts(agent.pk, agent.name, agent.active) for agent in agents),
        sources=frozenset(row.sources),
        zips=tuple(str(zip_code) for zip_code in row.zips),
        price_low=row.price_low,
        price_high=row.price_high,
        property_types=frozenset(str(kind).casefold() for kind in row.property_types),
    )


def _facts(lead: Lead) -> LeadFacts:
    home = lead.property
    said: Mapping[str, Any] = lead.property_facts
    price = home.price if home is not None else said.get("price")
    prices = [price] if price is not None else [lead.budget_low, lead.budget_high]
    return LeadFacts(
        source=lead.source.slug,
        zip=(home.zip if home is not None else str(said.get("zip") or "")) or "",
        prices=tuple(int(amount) for amount in prices if amount is not None),
        property_type=(home.type if home is not None else str(said.get("type") or "")) or "",
    )
