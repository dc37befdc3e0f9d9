"""Whose value stands, in the cases people ask about."""

from __future__ import annotations

from datetime import UTC, datetime

from intake.precedence import Held, choose, merge_fields

MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)
EVENING = datetime(2026, 3, 1, 20, tzinfo=UTC)


def test_a_later_value_of_the_same_owner_stands_even_when_it_arrives_first() -> None:
    late, early = Held("400000", "mls", EVENING), Held("390000", "mls", MORNING)

    assert choose(early, late) is late
    assert choose(late, early) is late


def test_a_lower_owner_never_overwrites_a_higher_one() -> None:
    board, portal = Held("active", "mls", MORNING), Held("pending", "source", EVENING)

    assert choose(board, portal) is board
    assert choose(portal, board) is board


def test_the_owner_order_of_a_field_can_be_another() -> None:
    board, portal = Held("active", "mls", MORNING), Held("pending", "source", MORNING)

    assert choose(board, portal, ("source", "mls")) is portal


def test_nothing_never_overwrites_something() -> None:
    source = Held("Ann", "source", MORNING)

    assert choose(source, Held("", "mls", EVENING)) is source


def test_what_a_person_emptied_stays_empty() -> None:
    emptied = Held("", "person", MORNING)

    assert choose(Held("Ann", "source", MORNING), emptied) is emptied
    assert choose(emptied, Held("Ann", "mls", EVENING)) is emptied


def test_at_the_same_moment_the_later_arrival_stands() -> None:
    first, second = Held("Ann", "source", MORNING), Held("Anne", "source", MORNING)

    assert choose(first, second) is second


def test_a_repeat_changes_no_field_and_a_higher_owner_of_the_same_value_takes_it_over() -> None:
    current = {"city": Held("Austin", "source", MORNING), "zip": Held("78701", "source", MORNING)}
    repeat = {"city": Held("Austin", "source", MORNING), "zip": Held("78701", "mls", MORNING), "unit": Held("", "mls")}

    changed = merge_fields(current, repeat, {})

    assert changed == {"zip": Held("78701", "mls", MORNING)}


def test_a_value_without_a_time_is_older_than_one_with_a_time() -> None:
    dated, undated = Held("Ann", "source", MORNING), Held("Anna", "source")

    assert choose(dated, undated) is dated
    assert choose(undated, dated) is dated
