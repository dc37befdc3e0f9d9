"""Which known contact a record belongs to; exact keys only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.identity import Known, Verdict, identify, names_agree

ANN = Known(0, "Ann", frozenset({"ann@example.com"}), frozenset({"+13128675309"}))


def test_nobody_known_means_a_new_contact() -> None:
    assert identify(given_name="Ann", emails=["a@example.com"], phones=[], known=[]) == Verdict(None)


def test_the_same_email_is_the_same_contact_whatever_the_name() -> None:
    assert identify(given_name="Bob", emails=["ann@example.com"], phones=[], known=[ANN]).contact == 0


def test_the_same_phone_with_another_email_and_name_is_another_person() -> None:
    verdict = identify(given_name="Bob", emails=["bob@example.com"], phones=["+13128675309"], known=[ANN])

    assert verdict == Verdict(None, ((0, "They share a phone number."),))


@pytest.mark.parametrize(
    ("given_name", "emails"),
    [("Ann", ["other@example.com"]), ("A.", ["other@example.com"]), ("", ["other@example.com"]), ("Bob", [])],
)
def test_the_same_phone_is_the_same_contact_unless_both_email_and_name_differ(
    given_name: str, emails: list[str]
) -> None:
    assert identify(given_name=given_name, emails=emails, phones=["+13128675309"], known=[ANN]).contact == 0


def test_of_two_owners_of_a_phone_the_one_with_the_name_is_meant() -> None:
    bob = Known(1, "Bob", frozenset(), frozenset({"+13128675309"}))

    verdict = identify(given_name="Bob", emails=[], phones=["+13128675309"], known=[ANN, bob])

    assert verdict == Verdict(1, ((0, "They share a phone number."),))


def test_the_email_wins_over_the_phone_and_the_pair_is_kept() -> None:
    bob = Known(1, "Bob", frozenset({"bob@example.com"}), frozenset())

    verdict = identify(given_name="", emails=["bob@example.com"], phones=["+13128675309"], known=[ANN, bob])

    assert verdict == Verdict(1, ((0, "One record held the e-mail of one and the phone of the other."),))


@given(st.text(max_size=8), st.text(max_size=8))
def test_whether_names_agree_does_not_depend_on_their_order(one: str, other: str) -> None:
    assert names_agree(one, other) == names_agree(other, one)
