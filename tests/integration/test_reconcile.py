"""Reconcile: an item that nothing moves any more is lost though its row is there, and the command says so."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection as database

from crmsync.models import Connection, Push
from crmsync.selectors import reconciled, settleable_items, stranded_items
from crmsync.services.settle import settle_idle
from intake.models import Acceptance, Delivery, Item, Lead, Source
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def crm() -> Connection:
    return factories.connection(slug="crm")


@pytest.fixture
def lead(crm: Connection) -> Lead:
    """In progress at an installation with one CRM."""
    return factories.lead()


def figures() -> tuple[int, int, int]:
    found = reconciled()
    return found.accepted, found.in_progress, found.lost


def test_an_item_whose_write_waits_is_in_progress(crm: Connection, lead: Lead) -> None:
    factories.push(connection=crm, lead=lead)

    assert figures() == (1, 1, 0)


def test_an_item_that_the_planner_would_find_is_in_progress(lead: Lead) -> None:
    assert figures() == (1, 1, 0)


def test_an_item_waits_for_a_first_crm_without_being_lost() -> None:
    factories.lead()

    assert figures() == (1, 1, 0)


def test_an_item_whose_only_write_was_discarded_becomes_a_dead_letter_by_the_sweep(crm: Connection, lead: Lead) -> None:
    factories.push(connection=crm, lead=lead, state=Push.State.DISCARDED, revision=lead.contact.revision)
    assert figures() == (1, 1, 0)

    assert settle_idle() == 1

    lead.item.refresh_from_db()
    assert lead.item.state == Item.State.DEAD_LETTER
    assert "somebody discarded the write" in lead.item.problems[0]


def test_a_write_that_was_discarded_for_an_older_revision_decides_nothing_about_a_newer_one(
    crm: Connection, lead: Lead
) -> None:
    factories.push(connection=crm, lead=lead, state=Push.State.DISCARDED, revision=0)

    assert settle_idle() == 0

    lead.item.refresh_from_db()
    assert lead.item.state == Item.State.IN_PROGRESS


def test_an_item_without_any_record_is_lost(crm: Connection) -> None:
    item = factories.item()

    found = reconciled()
    assert (found.accepted, found.in_progress, found.lost) == (1, 0, 1)
    assert list(stranded_items()) == [item]
    assert f"Item {item.pk} of delivery {item.delivery.public_id}" in str(found.lost_references[0])


@pytest.mark.parametrize("state", [one for one in Item.State if one != Item.State.IN_PROGRESS])
def test_only_items_in_progress_can_be_stranded(crm: Connection, lead: Lead, state: str) -> None:
    factories.push(connection=crm, lead=lead, state=Push.State.DISCARDED)
    Item.objects.filter(pk=lead.item_id).update(state=state)

    assert reconciled().lost == 0


def test_an_item_that_brought_nothing_new_is_settled_by_the_sweep(crm: Connection, lead: Lead) -> None:
    factories.crm_link(connection=crm, contact=lead.contact, revision=lead.contact.revision)
    assert list(settleable_items()) == [lead.item]
    assert figures() == (1, 1, 0)

    assert settle_idle() == 1

    lead.item.refresh_from_db()
    assert lead.item.state == Item.State.IN_CRM
    assert settle_idle() == 0


def test_a_listing_that_brought_nothing_new_is_settled_by_the_sweep(crm: Connection) -> None:
    home = factories.property_()
    item = factories.item(property=home, property_revision=home.revision)
    factories.crm_link(connection=crm, contact=None, property=home, object_kind="property", revision=home.revision)

    assert settle_idle() == 1

    item.refresh_from_db()
    assert item.state == Item.State.IN_CRM


def test_an_item_whose_write_gave_up_becomes_a_dead_letter_by_the_sweep(crm: Connection, lead: Lead) -> None:
    factories.dead_push(connection=crm, lead=lead, revision=lead.contact.revision)
    assert figures() == (1, 1, 0)

    assert settle_idle() == 1

    lead.item.refresh_from_db()
    assert lead.item.state == Item.State.DEAD_LETTER
    assert reconciled().dead_letter == 1


def test_stranded_items_do_not_stand_in_the_way_of_those_that_can_be_settled(crm: Connection) -> None:
    factories.item()
    other = factories.lead()
    factories.crm_link(connection=crm, contact=other.contact, revision=other.contact.revision)

    assert settle_idle(limit=1) == 1

    assert Item.objects.get(pk=other.item_id).state == Item.State.IN_CRM


def test_a_paused_crm_strands_nothing(crm: Connection, lead: Lead) -> None:
    crm.pause(reason="The key was refused.")
    factories.push(connection=crm, lead=lead)

    assert figures() == (1, 1, 0)
    assert settle_idle() == 0


def test_every_crm_must_have_the_record(crm: Connection, lead: Lead) -> None:
    second = factories.connection(slug="second")
    factories.crm_link(connection=crm, contact=lead.contact, revision=lead.contact.revision)
    assert (list(settleable_items()), list(stranded_items())) == ([], [])  # the planner will ask the second

    factories.push(connection=second, lead=lead, state=Push.State.DISCARDED, revision=lead.contact.revision)

    assert list(settleable_items()) == [lead.item]


def run(*words: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("reconcile", *words, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_ends_with_0_when_nothing_is_lost(lead: Lead) -> None:
    code, said = run("--json")

    assert code == 0
    assert json.loads(said) == {
        "accepted": 1,
        "in_progress": 1,
        "in_crm": 0,
        "merged": 0,
        "dead_letter": 0,
        "discarded": 0,
        "conflict": 0,
        "test": 0,
        "erased": 0,
        "lost": 0,
        "lost_references": [],
    }
    assert "Nothing is lost." in run()[1]


def test_the_command_names_what_is_lost_and_ends_with_1(lead: Lead) -> None:
    gone = factories.delivery()
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM intake_delivery WHERE id = %s", [gone.pk])
    accepted = Acceptance.objects.get(delivery_id=gone.pk).at

    code, said = run("--json")

    assert code == 1
    answer = json.loads(said)
    assert (answer["accepted"], answer["in_progress"], answer["lost"]) == (2, 1, 1)
    (lost,) = answer["lost_references"]
    assert lost["what"] == f"Delivery {gone.pk} (its row is gone)"
    assert lost["accepted_at"] == accepted.isoformat()
    code, said = run("--name", "0")
    assert code == 1
    assert "... and 1 more." in said


def test_the_question_is_set_based(crm: Connection, django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        factories.item()

    with django_assert_max_num_queries(6):
        assert reconciled().lost == 5
    assert Source.objects.count() == Delivery.objects.count() == 5
