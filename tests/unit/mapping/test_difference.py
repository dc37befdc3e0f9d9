"""Every field of every record falls under exactly one outcome, and other match keys are told apart."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.mapping.difference import OUTCOMES, SAMPLES, Difference, Understood


def made(values: dict[str, Any], unusable: set[str] = frozenset(), stops: dict[str, str] | None = None) -> Understood:
    return Understood(values, frozenset(unusable), stops or {})


def compared(old: Understood | None, new: Understood | None) -> dict[str, Any]:
    difference = Difference()
    difference.add("r", old, new)
    return difference.counts()


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        (made({"a": 1}), made({"a": 1}), "unchanged"),
        (made({"a": 1}), made({"a": 2}), "changed"),
        (made({"a": 1}), made({"a": True}), "changed"),
        (made({}), made({"a": 1}), "gained"),
        (made({}, {"a"}), made({"a": 1}), "gained"),
        (made({"a": 1}), made({}), "lost"),
        (made({"a": 1}), made({}, {"a"}), "fails"),
        (made({}), made({}, {"a"}), "fails"),
        (made({"a": 1}), made({}, stops={"a": "missing"}), "fails"),
        (made({}), made({}, stops={"a": "missing"}), "fails"),
        (made({"a": 1}, stops={"a": "x"}), made({"a": 2}, stops={"a": "x"}), "changed"),
    ],
)
def test_a_field_has_one_outcome(old: Understood, new: Understood, outcome: str) -> None:
    assert compared(old, new)["fields"] == {"a": {outcome: 1}}


def test_a_record_that_is_not_found_any_more_is_stopped_and_one_that_is_found_now_is_mended() -> None:
    gone = compared(made({"a": 1}), None)
    come = compared(None, made({"a": 1}))

    assert (gone["stops"], gone["stopped"], gone["mended"]) == ({"record": 1}, 1, 0)
    assert gone["fields"] == {"a": {"lost": 1}, "record": {"fails": 1}}
    assert (come["stops"], come["stopped"], come["mended"]) == ({}, 0, 1)
    assert come["fields"] == {"a": {"gained": 1}}


def test_other_match_keys_are_counted_with_what_went_and_what_came() -> None:
    difference = Difference()
    old = Understood({"a": 1}, keys=frozenset({"email:a@x", "phone:1"}))
    same = difference.add("r1", old, old)
    other = difference.add("r2", old, Understood({"a": 1}, keys=frozenset({"email:b@x", "phone:1"})))
    fails = difference.add("r3", old, Understood({"a": 1}, stops={"contact": "none"}))

    assert (same, other, fails) == (False, True, True)
    assert difference.rekeyed == 1
    assert difference.samples["keys"]["changed"] == [{"record": "r2", "old": "email:a@x", "new": "email:b@x"}]


def test_at_most_twenty_samples_are_kept_of_each_outcome() -> None:
    difference = Difference()
    for number in range(SAMPLES + 5):
        difference.add(str(number), made({"a": number}), made({"a": number + 1}))

    assert difference.fields["a"]["changed"] == SAMPLES + 5
    assert [one["record"] for one in difference.samples["a"]["changed"]] == [str(n) for n in range(SAMPLES)]


SIDES = st.builds(
    made,
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 1)),
    st.sets(st.sampled_from("abc")),
    st.dictionaries(st.sampled_from("abc"), st.just("why")),
)


@given(st.lists(st.tuples(st.none() | SIDES, st.none() | SIDES), max_size=8))
def test_no_field_is_counted_twice_and_no_outcome_is_unknown(pairs: list[tuple[Any, Any]]) -> None:
    difference = Difference()
    for old, new in pairs:
        difference.add("r", old, new)

    for counted in difference.fields.values():
        assert set(counted) <= set(OUTCOMES)
        assert sum(counted.values()) <= difference.records == len(pairs)


@given(SIDES)
def test_the_same_twice_is_no_difference(side: Understood) -> None:
    difference = Difference()

    assert difference.add("r", side, side) is False
    assert (difference.stopped, difference.mended, difference.rekeyed, difference.samples) == (0, 0, 0, {})
