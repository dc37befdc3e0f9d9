"""The dead letters: found by what went wrong, redriven or discarded behind the exact number."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from crmsync.models import Push
from intake.models import Delivery, Item
from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.test_looking_changes_nothing import everything
from tests.integration.admin.world import World
from trail.models import AuditEntry

LIST = "/admin/crmsync/deadletter/"
REDRIVE = LIST + "redrive/"
BACK = "What fails again comes back to this list with its reason."
DISCARD = LIST + "discard/"


def confirmed(client: Client, address: str, **more: str) -> dict[str, str]:
    """What the confirm page would send back."""
    page = client.get(address).content.decode()
    hidden = re.findall(r'<input type="hidden" name="(count|upto_\w+)" value="(\d+)">', page)
    return {**dict(hidden), **more}


def said(client: Client, address: str, data: dict[str, str]) -> list[str]:
    """The messages after sending it."""
    response = client.post(address, data, follow=True)
    return [str(one) for one in response.context["messages"]]


def texts(page: bytes) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.decode())).split())


def test_deliveries_records_and_pushes_stand_in_one_list_grouped_by_what_went_wrong(world: World, login: Login) -> None:
    page = texts(login().get(LIST).content)

    assert "4 dead letters in 4 groups" in page
    for sentence in ("The body is no JSON.", "this record has neither.", "The CRM rejected the field e-mail."):
        assert sentence in page


def test_a_record_whose_write_gave_up_is_shown_once_through_its_push(world: World, login: Login) -> None:
    assert world.lead.item.state == Item.State.DEAD_LETTER

    page = login().get(LIST).content.decode()

    assert f"item:{world.lead.item_id}" not in page
    assert f"push:{world.dead_push.pk}" in page


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("kind=item", {"item"}),
        ("kind=delivery", {"delivery"}),
        ("kind=email", {"push"}),
        ("code=unreadable", {"delivery"}),
        ("older=1d", set()),
        ("kind=nonsense&connection=x&older=never&p=zero", {"push", "item", "delivery"}),
        ("p=²&pick=push:²&connection=²", {"push", "item", "delivery"}),  # digits to str.isdigit, not to int
        (f"p={'9' * 5000}&connection={'9' * 30}", {"push", "item", "delivery"}),
    ],
)
def test_the_list_is_narrowed_by_kind_code_and_age(query: str, tables: set[str], world: World, login: Login) -> None:
    page = login().get(f"{LIST}?{query}").content.decode()

    assert set(re.findall(r'name="pick" value="(\w+):', page)) == tables


def test_the_list_is_narrowed_by_connection(world: World, login: Login) -> None:
    page = login().get(f"{LIST}?connection={world.connection.pk}").content.decode()

    assert re.findall(r'name="pick" value="([\w:]+)"', page) == [f"push:{world.dead_push.pk}"]


def test_redriving_a_group_runs_on_the_number_that_was_confirmed(world: World, login: Login) -> None:
    for _ in range(3):
        make.dead_push(connection=world.connection)
    client = login("Manager")
    address = f"{REDRIVE}?kind=upsert_contact&code=crm_rejected&connection={world.connection.pk}"

    told = said(client, address, confirmed(client, address))

    assert told == [f"Redriven: 4 of 4 dead letters. {BACK}"]
    assert not Push.objects.filter(state=Push.State.DEAD).exists()
    assert AuditEntry.objects.filter(action="push.redriven", actor_kind="person").count() == 4


def test_the_badge_in_the_menu_is_true_right_after_a_redrive(world: World, login: Login) -> None:
    client = login("Manager")
    address = f"{REDRIVE}?pick=push:{world.dead_push.pk}"
    form = confirmed(client, address)
    assert "Dead letters 4" in texts(client.get("/admin/").content)

    page = client.post(address, form, follow=True)

    assert "Dead letters 3" in texts(page.content)
    assert "3 dead letters in" in texts(page.content)
    assert "Dead letters 3" in texts(client.get("/admin/").content)


def test_a_letter_that_came_after_the_page_was_drawn_is_not_redriven(world: World, login: Login) -> None:
    client = login("Manager")
    address = f"{REDRIVE}?code=crm_rejected"
    data = confirmed(client, address)
    late = make.dead_push(connection=world.connection)

    told = said(client, address, data)

    late.refresh_from_db()
    assert told == [f"Redriven: 1 of 1 dead letter. {BACK}"]
    assert late.state == Push.State.DEAD


def test_a_number_that_is_no_longer_true_changes_nothing_and_asks_again(world: World, login: Login) -> None:
    other = make.dead_push(connection=world.connection)
    client = login("Manager")
    address = f"{REDRIVE}?code=crm_rejected"
    data = confirmed(client, address)
    Push.objects.filter(pk=other.pk).update(state=Push.State.DISCARDED)
    before = everything()

    told = said(client, address, data)

    assert told == [
        "These were 2 dead letters when you looked, and are 1 now. Nothing changed. Look again.",
    ]
    assert everything() == before


def test_letters_of_all_kinds_are_redriven_together(world: World, login: Login) -> None:
    client = login("Manager")
    picks = [f"push:{world.dead_push.pk}", f"item:{world.dead_item.pk}", f"delivery:{world.dead_delivery.pk}"]
    address = REDRIVE + "?" + "&".join(f"pick={one}" for one in picks)

    told = said(client, address, confirmed(client, address))

    # Of an invented record nothing is in its delivery: it cannot be used still, or goes on; either is told.
    assert told[0].startswith("Redriven: ")
    world.dead_push.refresh_from_db()
    world.dead_delivery.refresh_from_db()
    assert world.dead_push.state == Push.State.WAITING
    assert world.dead_delivery.state == Delivery.State.RECEIVED


def test_a_reviewer_redrives_up_to_fifty_and_a_manager_any_number(world: World, login: Login) -> None:
    for _ in range(50):
        make.dead_push(connection=world.connection)
    address = f"{REDRIVE}?code=crm_rejected"
    reviewer, manager = login("Reviewer"), login("Manager")
    before = everything()

    page = texts(reviewer.get(address).content)
    data = confirmed(reviewer, address)
    refused = reviewer.post(address, data)

    assert "You can redrive 50 at once, and these are 51." in page
    assert refused.status_code == 403
    assert everything() == before
    assert said(manager, address, data) == [f"Redriven: 51 of 51 dead letters. {BACK}"]


def test_a_reviewer_redrives_exactly_fifty(world: World, login: Login) -> None:
    for _ in range(49):
        make.dead_push(connection=world.connection)
    client = login("Reviewer")
    address = f"{REDRIVE}?code=crm_rejected"

    assert said(client, address, confirmed(client, address)) == [f"Redriven: 50 of 50 dead letters. {BACK}"]


def test_a_reviewer_discards_one_and_not_two(world: World, login: Login) -> None:
    other = make.dead_push(connection=world.connection)
    client = login("Reviewer")
    one, two = f"{DISCARD}?pick=push:{other.pk}", f"{DISCARD}?pick=push:{other.pk}&pick=push:{world.dead_push.pk}"

    refused = client.post(two, confirmed(client, two, reason="Spam."))
    told = said(client, one, confirmed(client, one, reason="Spam."))

    assert refused.status_code == 403
    assert told == ["Discarded: 1 of 1 dead letter."]
    assert Push.objects.get(pk=world.dead_push.pk).state == Push.State.DEAD
    entry = AuditEntry.objects.get(action="push.discarded")
    assert (entry.subject_id, entry.reason) == (str(other.pk), "Spam.")


def test_a_discard_without_a_reason_changes_nothing(world: World, login: Login) -> None:
    client = login("Manager")
    address = f"{DISCARD}?pick=push:{world.dead_push.pk}"
    before = everything()

    page = client.post(address, confirmed(client, address, reason="  "))

    assert b"This field is required." in page.content
    assert everything() == before


def test_a_confirm_page_that_was_tampered_with_changes_nothing(world: World, login: Login) -> None:
    client = login("Manager")
    before = everything()

    for data in ({}, {"count": "x"}, {"count": "1"}):
        told = said(client, f"{REDRIVE}?code=crm_rejected", data)
        assert told == ["The page was incomplete. Nothing changed. Look at the number again."]
    assert said(client, REDRIVE, {"count": "4"}) == ["Choose what to redrive first: tick rows, or take a group."]

    assert everything() == before


def test_a_discarded_letter_can_be_restored(world: World, login: Login) -> None:
    client = login("Manager")
    client.post(f"/admin/intake/delivery/{world.dead_delivery.pk}/discard/", {"reason": "Spam."})
    world.dead_delivery.refresh_from_db()
    assert world.dead_delivery.state == Delivery.State.DISCARDED

    client.post(f"/admin/intake/delivery/{world.dead_delivery.pk}/restore/")

    world.dead_delivery.refresh_from_db()
    assert world.dead_delivery.state == Delivery.State.DEAD


def test_the_list_asks_the_database_no_more_when_it_grows(
    world: World, login: Login, django_assert_max_num_queries: object
) -> None:
    client = login()
    client.get(LIST)
    for _ in range(30):
        make.dead_push(connection=world.connection, lead=world.lead)
        make.delivery(source=world.source, state="dead", error_code="unreadable")

    # Two of them are the session and the person, four the badges of the menu.
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        client.get(LIST)


def test_a_group_says_how_old_it_is_and_whether_a_redrive_would_help(world: World, login: Login) -> None:
    Push.objects.filter(pk=world.dead_push.pk).update(first_failed_at=timezone.now() - timedelta(hours=49))
    world.connection.pause(reason="It refused the token.")

    page = texts(login().get(f"{LIST}?code=crm_rejected").content)

    assert "The oldest waits 2 d." in page
    assert "Fix first HubSpot is paused. It refused the token." in page


def test_a_value_that_the_account_refused_is_to_be_mended_before_a_redrive(world: World, login: Login) -> None:
    Push.objects.filter(pk=world.dead_push.pk).update(error_code="invalid")

    page = texts(login().get(f"{LIST}?code=invalid").content)

    assert "Fix first Mend what HubSpot refused, then redrive." in page


def test_only_what_may_have_happened_already_is_warned_of(world: World, login: Login) -> None:
    client = login("Manager")
    address = f"{REDRIVE}?pick=push:{world.dead_push.pk}"
    assert "may have happened already" not in texts(client.get(address).content)

    Push.objects.filter(pk=world.dead_push.pk).update(state=Push.State.UNKNOWN)

    assert "may have happened already" in texts(client.get(address).content)
