"""Who gets a lead: the first rule that fits; among several agents whoever has the contact already, else whose turn it
is. Pure: the turn of a round robin is an argument.

Invariants: the same facts, rules and turn give the same agent; an agent who is away gets nothing; every answer, also
"nobody", comes with a sentence that says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """An agent as a rule sees one."""

    id: int
    name: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One routing rule. Empty conditions fit anything; `zips` are ZIP codes or their beginnings."""

    id: int
    name: str
    agents: tuple[AgentFacts, ...]
    sources: frozenset[str] = frozenset()
    zips: tuple[str, ...] = ()
    price_low: int | None = None
    price_high: int | None = None
    property_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What rules ask of a lead. `prices`: the listing's price, else what the enquiry says it would pay."""

    source: str
    zip: str = ""
    prices: tuple[int, ...] = ()
    property_type: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who takes the lead, whose turn it is afterwards, and why in words where there was a choice."""

    agent: AgentFacts
    next_turn: int
    reason: str = ""


def fits(rule: Rule, lead: LeadFacts) -> bool:
    """Does the lead meet every condition of the rule? What the lead does not say meets no condition."""
    if rule.sources and lead.source not in rule.sources:
        return False
    if rule.zips and not (lead.zip and lead.zip.startswith(rule.zips)):
        return False
    if rule.property_types and lead.property_type.casefold() not in rule.property_types:
        return False
    if rule.price_low is None and rule.price_high is None:
        return True
    return any(
        (rule.price_low is None or price >= rule.price_low) and (rule.price_high is None or price <= rule.price_high)
        for price in lead.prices
    )


def first_fit(rules: Sequence[Rule], lead: LeadFacts) -> tuple[Rule | None, str]:
    """The first of `rules`, in their order, that fits and has somebody to give the lead to.

    Returns:
        The rule, or None; and why, in words.
    """
    away: list[str] = []
    for rule in rules:
        if not fits(rule, lead):
            continue
        if any(agent.active for agent in rule.agents):
            return rule, f"Rule “{rule.name}” fits."
        away.append(rule.name)
    if away:
        return None, f"Rule “{away[0]}” fits, but none of its agents is active. Nobody was assigned."
    return None, "No routing rule fits. Nobody was assigned."


def choose(agents: Sequence[AgentFacts], turn: int, *, has_contact: int | None = None) -> Choice | None:
    """Take the active agent who has the contact already, else the one whose turn it is; None when nobody is active.

    Args:
        agents: in a fixed order; one makes it a named agent, several a round robin.
        turn: whose turn it is, any whole number.
        has_contact: the id of the agent who got the contact's last lead. Nobody is to be called by four agents because
            they wrote through four portals.
    """
    if len(agents) == 1:
        return Choice(agents[0], turn) if agents[0].active else None
    for agent in agents:
        if agent.active and agent.id == has_contact:
            return Choice(agent, turn, f"{agent.name} has this contact already.")
    for step in range(len(agents)):
        place = (turn + step) % len(agents)
        if agents[place].active:
            return Choice(agents[place], place + 1, f"It was the turn of {agents[place].name}.")
    return None
