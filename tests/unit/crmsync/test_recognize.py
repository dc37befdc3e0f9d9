"""Which record there is our contact, and what of ours is written into it."""

from __future__ import annotations

import pytest

from crmsync.crms.base import RemoteRecord
from crmsync.services.sending.recognize import recognize
from crmsync.services.sending.values import additions, changes, text

MARY = {"external_id": "contact-1", "given_name": "Mary", "emails": ["mary@x.co"], "phones": ["+15125550187"]}


def record(id: str = "9", **values: str) -> RemoteRecord:
    return RemoteRecord(id, values)


@pytest.mark.parametrize(
    ("values", "same"),
    [
        ({"email": "MARY@x.co"}, True),
        ({"email": "old@x.co", "other_emails": "b@x.co;mary@x.co"}, True),
        ({"email": "mary@x.co.uk"}, False),
        ({"phone": "(512) 555-0187"}, True),
        ({"mobile": "512.555.0187", "first_name": "Bob"}, True),  # no e-mail there: nothing contradicts
        ({"phone": "5125550187", "first_name": "Bob", "email": "bob@x.co"}, False),
        ({"phone": "5125550187", "first_name": "M.", "email": "work@x.co"}, True),
        ({"phone": "5125550187", "external_id": "contact-2"}, False),
        ({"external_id": "contact-1"}, True),
        ({"external_id": "contact-1", "email": "bob@x.co", "first_name": "Bob"}, False),
        ({"external_id": "contact-1", "email": "bob@x.co", "first_name": "Mary"}, True),
        ({}, False),
    ],
)
def test_exact_keys_decide(values: dict[str, str], same: bool) -> None:
    assert (recognize([record(**values)], **MARY) is not None) is same  # type: ignore[arg-type]


def test_our_id_comes_before_email_and_email_before_phone_and_the_oldest_before_the_rest() -> None:
    by_phone = record("1", phone="5125550187")
    by_email, by_email_too = record("20", email="mary@x.co"), record("3", email="mary@x.co")
    by_id = record("40", external_id="contact-1")
    assert recognize([by_phone, by_email, by_email_too, by_id], **MARY) is by_id  # type: ignore[arg-type]
    assert recognize([by_phone, by_email, by_email_too], **MARY) is by_email_too  # type: ignore[arg-type]
    assert recognize([by_phone], **MARY) is by_phone  # type: ignore[arg-type]


def test_only_changes_are_sent_and_street_and_unit_go_together() -> None:
    ours = {"first_name": "Mary", "street": "1 Oak St", "unit": "2", "city": "Austin"}
    sent = {"first_name": "Mary", "street": "1 Oak St", "unit": "1", "city": None}
    assert changes(ours, sent, {}) == {"street": "1 Oak St", "unit": "2"}
    assert changes(ours, sent, {"city": {"origin": "mls"}}) == {"street": "1 Oak St", "unit": "2", "city": "Austin"}


def test_what_stands_there_stays_unless_a_person_or_the_mls_says_otherwise() -> None:
    ours = {"first_name": "Mary", "city": "Austin", "price": 5}
    theirs = {"first_name": "Marie", "price": "4"}
    write, sent = additions(ours, theirs, {"price": {"origin": "mls"}, "first_name": {"origin": "source"}})
    assert write == {"city": "Austin", "price": 5}
    assert sent == {"first_name": None, "city": "Austin", "price": "5"}


def test_lists_compare_by_their_items() -> None:
    assert text(["a", "b"]) == "a;b"
    assert changes({"other_emails": ["a", "b"]}, {"other_emails": "a;b"}, {}) == {}
