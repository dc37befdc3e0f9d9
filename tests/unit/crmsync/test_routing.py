"""Who gets a lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmsync.routing import AgentFacts, Choice, LeadFacts, Rule, choose, first_fit, fits

ANN, BOB, CAT = AgentFacts(1, "Ann"), AgentFacts(2, "Bob"), AgentFacts(3, "Cat", active=False)
LEAD = LeadFacts("portal", zip="78701", prices=(450_000,), property_type="Condo")


@pytest.mark.parametrize(
    ("conditions", "fitting"),
    [
        ({}, True),
        ({"sources": frozenset({"portal"})}, True),
        ({"sources": frozenset({"website"})}, False),
        ({"zips": ("78701",)}, True),
        ({"zips": ("787",)}, True),
        ({"zips": ("786", "7870")}, True),
        ({"zips": ("79",)}, False),
        ({"price_low": 450_000}, True),
        ({"price_low": 450_001}, False),
        ({"price_high": 450_000}, True),
        ({"price_high": 449_999}, False),
        ({"property_types": frozenset({"condo"})}, True),
        ({"property_types": frozenset({"land"})}, False),
        ({"zips": ("787",), "price_low": 500_000}, False),
    ],
)
def test_a_rule_fits_when_all_its_conditions_do(conditions: dict[str, object], fitting: bool) -> None:
    assert fits(Rule(1, "r", (ANN,), **conditions), LEAD) is fitting  # type: ignore[arg-type]


def test_what_a_lead_does_not_say_meets_no_condition() -> None:
    silent = LeadFacts("portal")
    assert not fits(Rule(1, "r", (ANN,), zips=("7",)), silent)
    assert not fits(Rule(1, "r", (ANN,), price_low=0), silent)
    assert not fits(Rule(1, "r", (ANN,), property_types=frozenset({"condo"})), silent)


def test_the_first_rule_that_fits_wins_and_says_so() -> None:
    rules = [Rule(1, "Land", (ANN,), property_types=frozenset({"land"})), Rule(2, "All", (BOB,)), Rule(3, "X", (ANN,))]
    assert first_fit(rules, LEAD) == (rules[1], "Rule “All” fits.")


def test_a_rule_with_nobody_active_is_passed_over_and_named_when_nobody_is_left() -> None:
    empty, all_ = Rule(1, "Away", (CAT,)), Rule(2, "All", (BOB,))
    assert first_fit([empty, all_], LEAD)[0] == all_
    assert first_fit([empty], LEAD) == (
        None,
        "Rule “Away” fits, but none of its agents is active. Nobody was assigned.",
    )
    assert first_fit([], LEAD) == (None, "No routing rule fits. Nobody was assigned.")


def test_turns_go_round_and_skip_who_is_away() -> None:
    turn, taken = 0, []
    for _ in range(4):
        choice = choose((ANN, CAT, BOB), turn)
        assert choice is not None
        taken.append(choice.agent.name)
        turn = choice.next_turn
    assert taken == ["Ann", "Bob", "Ann", "Bob"]


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.integers(0, 1000))
def test_whoever_is_chosen_is_active_and_everybody_active_gets_a_turn(active: list[bool], turn: int) -> None:
    agents = [AgentFacts(number, str(number), is_active) for number, is_active in enumerate(active)]
    seen = set()
    for _ in agents:
        choice = choose(agents, turn)
        if choice is None:
            assert not any(active)
            return
        assert choice.agent.active
        seen.add(choice.agent.id)
        turn = choice.next_turn
    assert seen == {agent.id for agent in agents if agent.active}


def test_a_contact_stays_with_the_agent_who_has_it_and_takes_nobodys_turn() -> None:
    ann, bob, cleo = (AgentFacts(id, name) for id, name in ((1, "Ann"), (2, "Bob"), (3, "Cleo")))
    assert choose([ann, bob, cleo], 2, has_contact=2) == Choice(bob, 2, "Bob has this contact already.")


def test_who_has_the_contact_is_passed_over_when_away_or_not_of_this_rule() -> None:
    ann, bob = AgentFacts(1, "Ann"), AgentFacts(2, "Bob", active=False)
    assert choose([ann, bob], 1, has_contact=2) == Choice(ann, 1, "It was the turn of Ann.")
    assert choose([ann, bob], 0, has_contact=9) == Choice(ann, 1, "It was the turn of Ann.")
    assert choose([ann], 0, has_contact=2) == Choice(ann, 0)
