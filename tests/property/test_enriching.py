"""The laws of filling: only what is empty, only what is offered, and never an address that is not ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crmsync.enriching import CONTACT, Offer, fills, findable, lacking, questions

FIELDS = st.sampled_from(sorted(CONTACT))
WORDS = st.sampled_from(["", "Austin", "AUSTIN", "TX", "78702"])
OURS = st.dictionaries(FIELDS, WORDS)
OFFERS = st.lists(st.builds(Offer, FIELDS, WORDS, st.none() | st.floats(0, 1)))


@given(OURS, OFFERS)
def test_what_we_have_is_never_filled_and_what_is_filled_was_offered(ours: dict[str, str], offers: list[Offer]) -> None:
    filled = fills(ours, offers)

    assert all(not ours.get(name) for name in filled)
    assert all(
        value and any((one.field, one.value) == (name, value) for one in offers) for name, value in filled.items()
    )


@given(OFFERS)
def test_of_two_values_the_surer_one_counts_and_of_equals_the_newest(offers: list[Offer]) -> None:
    for name, value in fills({}, offers).items():
        told = [one for one in offers if one.field == name and one.value]
        surest = max(one.confidence or 0 for one in told)
        assert value == next(one.value for one in told if (one.confidence or 0) == surest)


def test_parts_of_another_address_fill_nothing() -> None:
    offers = [Offer("city", "Chicago"), Offer("zip", "60614"), Offer("phone", "+13125550142")]

    assert fills({"city": "Austin"}, offers) == {"phone": "+13125550142"}
    assert fills({"city": "CHICAGO"}, offers) == {"phone": "+13125550142", "zip": "60614"}


@given(OURS, st.dictionaries(st.text(), st.lists(st.text()) | st.integers()))
def test_whatever_a_workflow_requires_only_what_is_known_and_empty_is_asked(
    ours: dict[str, str], required: dict[str, object]
) -> None:
    missing = lacking("contact", ours, {**required, "contact": [*CONTACT, "birth_sign"]})

    assert missing == [name for name in CONTACT if not ours.get(name)]
    asked = questions("contact", {**ours, "street": "1 Elm St", "state": "TX"}, {"contact": missing})
    assert len(set(asked)) == len(asked)


def test_a_record_is_found_by_place_or_parcel_and_a_number_by_itself() -> None:
    assert findable("trace", {"street": "1 Elm St", "zip": "78702"})
    assert findable("lookup", {"parcel": "7", "county": "Travis", "state": "TX"})
    assert not findable("trace", {"street": "1 Elm St", "phones": ["+13125550142"]})
    assert findable("check_dnc", {"phones": ["+13125550142"]})
    assert not findable("check_dnc", {"street": "1 Elm St", "zip": "78702", "phones": []})
