"""The dashboard: nothing lost, what waits, what runs; every figure agrees with the list behind it."""

from __future__ import annotations

import re
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client

from intake.models import Delivery, Item
from intake.selectors import equation
from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.world import World


def tiles(client: Client) -> dict[str, Any]:
    cache.clear()
    return {tile.name: tile for tile in client.get("/admin/").context["tiles"]}


def test_the_first_tile_says_that_nothing_is_lost_and_the_equation_adds_up(db: None, login: Login) -> None:
    make.delivery()
    make.delivery(state=Delivery.State.DEAD)
    client = login()

    first = next(iter(client.get("/admin/").context["tiles"]))
    terms = client.get("/admin/").context["terms"]

    assert (first.name, first.figure, first.alarm) == ("Records lost", "0", False)
    assert first.says == "2 of 2 accounted for"
    assert sum(term["number"] for term in terms) == equation().accepted == 2


def test_a_row_that_vanished_turns_the_tile_red_and_is_named(db: None, login: Login) -> None:
    gone = make.delivery()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM intake_delivery WHERE id = %s", [gone.pk])
    client = login()

    lost = tiles(client)["Records lost"]

    assert (lost.figure, lost.alarm) == ("1", True)
    assert "its row was deleted" in client.get("/admin/").content.decode()


def test_every_tile_leads_to_a_list_that_shows_as_many(world: World, login: Login) -> None:
    client = login()
    found = tiles(client)

    letters = client.get(found["Dead letters waiting"].href).content.decode()
    pushes = client.get(found["Pushes waiting"].href)

    assert found["Dead letters waiting"].figure == str(len(re.findall(r'name="pick"', letters)))
    assert found["Pushes waiting"].figure == str(len(pushes.context["cl"].result_list))
    assert client.get(found["Heartbeats"].href).status_code == 200
    assert (found["Heartbeats"].figure, found["Heartbeats"].says) == ("1 of 2 on time", "sweep pushes: late")


def test_every_term_of_the_equation_leads_to_its_rows(world: World, login: Login) -> None:
    client = login()
    cache.clear()

    for term in client.get("/admin/").context["terms"]:
        shown = len(client.get(term["href"]).context["cl"].result_list)
        if term["deliveries"]:
            shown += len(client.get(term["deliveries_href"]).context["cl"].result_list)
        assert shown == term["number"], term["name"]


def test_the_dashboard_asks_the_database_no_more_when_there_are_more_leads(
    world: World, login: Login, django_assert_max_num_queries: Any
) -> None:
    client = login()
    client.get("/admin/")
    for _ in range(15):
        make.lead(item=make.item(source=world.source, state=Item.State.IN_CRM))
    cache.clear()

    with django_assert_max_num_queries(20):
        client.get("/admin/")
    with django_assert_max_num_queries(12):  # the equation and the badge are some seconds old now
        client.get("/admin/")
