"""The addresses around the admin: where the bare one leads, and what a person reads who may not or cannot go on."""

from __future__ import annotations

from django.test import Client

from crmsync.models import Push, Suppression
from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.test_lead_page import texts
from tests.integration.admin.world import World


def test_the_bare_address_leads_to_the_admin() -> None:
    answer = Client().get("/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")


def test_what_a_role_may_not_open_says_so_and_what_to_do(world: World, login: Login) -> None:
    answer = login("Reviewer").get("/admin/auth/user/")

    assert answer.status_code == 403
    assert "Your role does not include this page or action. Nothing was changed." in texts(answer.content)
    assert '<a href="/admin/intake/lead/"' in answer.content.decode()  # the menu is still there


def test_an_address_that_nobody_has_says_so(world: World, login: Login) -> None:
    answer = login("Reviewer").get("/nowhere/")

    assert answer.status_code == 404
    assert "Nothing is at this address" in texts(answer.content)


def test_an_empty_list_tells_apart_that_nothing_fits_and_that_nothing_is_there(world: World, login: Login) -> None:
    client = login("Auditor")
    Suppression.objects.all().delete()

    assert "No row fits the search" in texts(client.get("/admin/trail/auditentry/?q=nosuchword").content)
    assert "Rows will stand here" in texts(client.get("/admin/crmsync/suppression/").content)


def test_a_skipped_push_says_why_and_waits_for_nothing(world: World, login: Login) -> None:
    push = make.push(
        lead=world.lead,
        connection=world.mailbox,
        state=Push.State.SKIPPED,
        error_message="The contact has no e-mail address.",
        after=world.dead_push,
    )
    client = login()

    assert "Skipped" in texts(client.get("/admin/crmsync/push/?state__exact=skipped").content)
    assert "The contact has no e-mail address." in texts(client.get("/admin/crmsync/push/").content)
    page = texts(client.get(f"/admin/crmsync/push/{push.pk}/change/").content)
    assert "Why it was skipped Reason The contact has no e-mail address." in page
    assert "Waits for" not in page
