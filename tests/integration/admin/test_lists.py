"""Lists of machine-written rows: no count of the whole table, and no more statements when there are more rows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from unfold.paginator import InfinitePaginator

from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.world import World
from trail.admin import ReadOnlyAdmin


def _more(world: World) -> None:
    """Ten of everything, none of it related to what is there."""
    for _ in range(10):
        lead = make.lead()
        make.assignment(lead=lead)
        make.push(lead=lead)
        make.property_()
        make.enriched_value()
        make.spending()
        make.audit_entry()
        make.delivery()
        make.mapping_version()
        make.routing_rule()
        make.email_template()
        make.user("Manager")


LISTS = [
    "intake_lead",
    "intake_delivery",
    "intake_item",
    "intake_contact",
    "intake_property",
    "intake_mappingversion",
    "intake_source",
    "intake_enrichedvalue",
    "crmsync_push",
    "crmsync_spending",
    "crmsync_connection",
    "crmsync_agent",
    "crmsync_routingrule",
    "crmsync_emailtemplate",
    "trail_auditentry",
    "auth_user",
]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_the_database_no_more_when_it_grows(name: str, world: World, login: Login) -> None:
    app, model = name.split("_")
    address = f"/admin/{app}/{model}/"
    client = login()
    client.get(address)

    with CaptureQueriesContext(connection) as few:
        client.get(address)
    _more(world)
    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(many) <= max(len(few), 8), [one["sql"][:90] for one in many]
    assert len(many) <= 9


def test_no_list_of_machine_written_rows_counts_its_table(world: World, login: Login) -> None:
    client = login()
    for model, model_admin in admin.site._registry.items():
        if not isinstance(model_admin, ReadOnlyAdmin) or model._meta.proxy:
            continue
        assert model_admin.paginator is InfinitePaginator
        assert model_admin.list_disable_select_all
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        table = model._meta.db_table
        counts: list[Any] = [one["sql"] for one in asked if f'COUNT(*) AS "__count" FROM "{table}"' in one["sql"]]
        assert counts == [], address


def test_a_list_of_deliveries_reads_no_payload(world: World, login: Login) -> None:
    client = login()
    with CaptureQueriesContext(connection) as asked:
        client.get("/admin/intake/delivery/")

    assert not any('"intake_delivery"."body"' in one["sql"] for one in asked)


def test_a_list_of_one_page_has_no_links_to_others(world: World, login: Login) -> None:
    client = login()
    for number in range(51):
        make.refusal(source=f"portal-{number}")

    first = client.get("/admin/intake/refusal/").content.decode()
    second = client.get("/admin/intake/refusal/?p=2").content.decode()
    alone = client.get("/admin/intake/refusal/?source=portal-1").content.decode()

    assert [word for word in ("Previous", "Next") if f">{word}</a>" in first] == ["Next"]
    assert [word for word in ("Previous", "Next") if f">{word}</a>" in second] == ["Previous"]
    assert [word for word in ("Previous", "Next") if f">{word}</a>" in alone] == []


@pytest.mark.parametrize(
    ("address", "shown", "never"),
    [
        ("/admin/trail/workflow/add/", "KPI", "Kpi"),
        ("/admin/crmsync/connection/add/", "Base URL", "Base url"),
        ("/admin/crmsync/connection/", "Base URL", "Base url"),
        ("/admin/trail/workflow/{world.workflow.pk}/change/", "KPI", "Kpi"),
        ("/admin/crmsync/connection/{world.connection.pk}/change/", "Base URL", "Base url"),
        ("/admin/crmsync/emailtemplate/", "E-mail templates", "Email templates"),
        ("/admin/trail/workflow/", "KPI", "Figure"),
        ("/admin/intake/source/{world.source.pk}/change/", ">Zillow Rentals</a>", ">zillow rentals</a>"),
    ],
)
@pytest.mark.parametrize("role", ["", "Auditor"])
def test_one_thing_has_one_name(world: World, login: Login, role: str, address: str, shown: str, never: str) -> None:
    answer = login(*filter(None, [role])).get(address.format(world=world))
    if "/add/" in address and role:
        assert answer.status_code == 403
        return
    page = answer.content.decode()

    assert shown in page
    assert never not in page


def test_a_path_to_a_page_leaves_a_slug_as_it_is(login: Login) -> None:
    template = make.email_template(slug="agent_alert")

    page = login().get(f"/admin/crmsync/emailtemplate/{template.pk}/change/").content.decode()

    assert ">agent_alert</a>" in page
    assert "Agent_alert" not in page


def test_the_audit_log_is_searched_by_any_word_of_an_action(world: World, login: Login) -> None:
    wanted = make.audit_entry(action="push.redriven")
    make.audit_entry(action="push.buried")

    found = login().get("/admin/trail/auditentry/", {"q": "redrive"}).context["cl"].queryset

    assert list(found) == [wanted]


def test_a_list_shows_what_tells_rows_apart_and_no_more(world: World, login: Login) -> None:
    make.delivery(source=world.source, content_type="multipart/form-data; boundary=xYzZY")
    item = make.item(source=world.source, record_id="sha:" + "0f" * 32)
    client = login()

    deliveries = client.get("/admin/intake/delivery/").content.decode()
    records = client.get("/admin/intake/item/").content.decode()
    record = client.get(f"/admin/intake/item/{item.pk}/change/").content.decode()

    assert ("multipart/form-data" in deliveries, "boundary" in deliveries) == (True, False)
    assert ("sha:0f0f0f0f0f0f0f0…" in records, item.record_id in records) == (True, False)
    assert record.count(item.record_id) == 1
