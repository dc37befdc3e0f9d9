"""Many values travel as one array, and find what they found before."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F

from intake.models import Contact, ContactPoint, Lead
from tests import factories
from trail.inserting import insert
from trail.models import AuditEntry
from trail.record import entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[Contact]:
    return [factories.contact(email=f"{name}@example.com") for name in ("ann", "bob", "cleo")]


def test_ids_texts_and_foreign_keys_are_found(people: list[Contact]) -> None:
    ann, bob, cleo = people

    assert set(Contact.objects.filter(pk__in=[ann.pk, cleo.pk])) == {ann, cleo}
    assert set(Contact.objects.exclude(pk__in=[ann.pk, cleo.pk])) == {bob}
    points = ContactPoint.objects.filter(contact__in=[bob, cleo], key__in=["bob@example.com", "ann@example.com"])
    assert [point.contact for point in points] == [bob]


@pytest.mark.parametrize("nobody", [[], [None], [-(2**40), 2**40]])
def test_what_is_not_there_is_not_found(people: list[Contact], nobody: list[int | None]) -> None:
    assert not Contact.objects.filter(pk__in=nobody).exists()


def test_subqueries_and_expressions_stay_what_they_were(people: list[Contact]) -> None:
    factories.lead(contact=people[0])

    assert list(Contact.objects.filter(pk__in=Lead.objects.values("contact"))) == [people[0]]
    assert Contact.objects.filter(pk__in=[F("pk"), 0]).count() == 3


def test_a_list_is_one_parameter_on_postgresql(people: list[Contact]) -> None:
    _, parameters = Contact.objects.filter(pk__in=[1, 2, 3]).query.sql_with_params()
    assert len(parameters) == (1 if connection.vendor == "postgresql" else 3)


def test_a_number_that_no_column_can_hold_is_compared_as_before(people: list[Contact]) -> None:
    """It comes from an address that somebody wrote by hand; as an array of bigint it would be an error."""
    nowhere = Contact.objects.filter(pk__in=[2**70, people[0].pk])

    assert len(nowhere.query.sql_with_params()[1]) == 2
    if connection.vendor == "postgresql":
        assert list(nowhere) == [people[0]]


def test_rows_go_in_as_they_are_whatever_stands_in_them(people: list[Contact]) -> None:
    details = [{"text": 'quote " back \\ brace {} null', "n": None}, {}, {"deep": [{"a": 1.5}, "é\n"]}]
    insert(
        entry(person, "contact.tried", reason="NULL, {", detail=detail)
        for person, detail in zip(people, details, strict=True)
    )

    written = AuditEntry.objects.filter(action="contact.tried").order_by("pk")
    assert [row.detail for row in written] == details
    assert {row.reason for row in written} == {"NULL, {"}
    assert all(row.at is not None and row.lead_id is None for row in written)
