"""The law of precedence: whatever the order of arrival, the same value stands."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from intake.precedence import ORIGINS, PERSON, Held, choose, merge_fields

START = datetime(2026, 1, 1, tzinfo=UTC)
HELDS = st.builds(
    Held,
    value=st.sampled_from(["Ann", "Bob", "", None, 0, False]),
    origin=st.sampled_from([*ORIGINS, "fax"]),
    occurred_at=st.none() | st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours)),
)
ORDERS = st.permutations(ORIGINS)


def rank(held: Held) -> tuple[str, datetime | None]:
    return held.origin, held.occurred_at


@given(arrivals=st.lists(HELDS, min_size=1, max_size=6, unique_by=rank), data=st.data(), order=ORDERS)
def test_the_order_of_arrival_does_not_matter(arrivals: list[Held], data: st.DataObject, order: list[str]) -> None:
    arrivals = [held for held in arrivals if not held.is_empty] or [Held("Ann", "mls", START)]
    shuffled = data.draw(st.permutations(arrivals))

    def stands(helds: list[Held]) -> Held:
        return functools.reduce(lambda now, new: choose(now, new, order), helds)

    assert stands(shuffled) == stands(arrivals)


@given(first=HELDS, second=HELDS, third=HELDS, order=ORDERS)
def test_grouping_does_not_matter(first: Held, second: Held, third: Held, order: list[str]) -> None:
    in_turn = choose(choose(first, second, order), third, order)

    assert choose(first, choose(second, third, order), order) == in_turn


@given(current=HELDS, incoming=HELDS, order=ORDERS)
def test_a_machine_never_puts_nothing_over_something(current: Held, incoming: Held, order: list[str]) -> None:
    chosen = choose(current, incoming, order)

    assert chosen in (current, incoming)
    if not current.is_empty and incoming.is_empty and incoming.origin != PERSON:
        assert chosen is current


@given(
    current=st.dictionaries(st.sampled_from("abc"), HELDS, max_size=3),
    incoming=st.dictionaries(st.sampled_from("abc"), HELDS, max_size=3),
)
def test_merging_the_same_values_twice_changes_nothing_more(
    current: dict[str, Held], incoming: dict[str, Held]
) -> None:
    once = {**current, **merge_fields(current, incoming, {})}

    assert merge_fields(once, incoming, {}) == {}
