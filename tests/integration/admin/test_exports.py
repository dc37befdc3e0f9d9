"""Exports: the rows of the list as it is filtered, by permission, safe to open, and told in the audit log."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from intake.models import Contact
from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.test_looking_changes_nothing import everything
from tests.integration.admin.world import World
from trail.admin import export
from trail.models import AuditEntry

LISTS = (
    "intake/lead",
    "intake/contact",
    "intake/property",
    "intake/delivery",
    "intake/item",
    "intake/fileimport",
    "intake/refusal",
    "crmsync/push",
    "crmsync/deadletter",
    "trail/auditentry",
)


def taken(client: Client, address: str, **data: str) -> list[dict[str, str]]:
    response: Any = client.post(address, data)
    assert response.status_code == 200, address
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_exported_with_as_many_rows_as_it_shows(name: str, world: World, login: Login) -> None:
    client = login("Manager")
    page = client.get(f"/admin/{name}/")

    rows = taken(client, f"/admin/{name}/export/")

    shown = page.context["cl"].result_list if "cl" in page.context else page.context["letters"]
    its_own_entry = 1 if name == "trail/auditentry" else 0  # written before the first row is sent
    assert len(rows) == len(shown) + its_own_entry > 0
    assert b'action="export/?"' in page.content


def test_an_export_is_an_audit_entry_that_names_list_filter_and_number(world: World, login: Login) -> None:
    client = login("Manager")

    taken(client, "/admin/intake/delivery/export/?state__exact=dead")

    entry = AuditEntry.objects.get(action="list.exported")
    assert (entry.actor_kind, entry.subject_type) == ("person", "auth.user")
    assert {name: entry.detail[name] for name in ("list", "shown", "rows", "format")} == {
        "list": "intake.delivery",
        "shown": ["State: Dead letter"],
        "rows": 1,
        "format": "csv",
    }


def test_an_export_holds_the_rows_that_the_search_and_the_filters_leave(world: World, login: Login) -> None:
    make.contact(last_name="Zimmer")

    rows = taken(login("Manager"), "/admin/intake/contact/export/?q=Zimm")

    assert [row["last_name"] for row in rows] == ["Zimmer"]


def test_what_starts_a_formula_is_made_safe(world: World, login: Login) -> None:
    make.contact(last_name="=HYPERLINK(1)", first_name="@x", email="=1@example.com")

    rows = taken(login("Manager"), "/admin/intake/contact/export/?q=%3DHYPER")

    assert (rows[0]["last_name"], rows[0]["first_name"], rows[0]["emails"]) == (
        "'=HYPERLINK(1)",
        "'@x",
        "'=1@example.com",
    )


def test_an_excel_file_holds_the_same_rows(world: World, login: Login) -> None:
    response: Any = login("Manager").post("/admin/intake/contact/export/", {"format": "xlsx"})

    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:2] == ("id", "first_name")
    assert len(rows) == Contact.objects.count() + 1


def test_more_rows_than_an_excel_file_takes_are_refused_in_words(
    world: World, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "EXCEL_ROWS", 0)
    client = login("Manager")
    before = AuditEntry.objects.count()

    response = client.post("/admin/intake/contact/export/", {"format": "xlsx"}, follow=True)

    assert b"Narrow the list, or take the CSV" in response.content
    assert AuditEntry.objects.count() == before


def test_who_may_not_export_sees_no_button_and_is_refused(world: World, login: Login) -> None:
    client = login("Reviewer")
    before = everything()

    assert b"Export this list" not in client.get("/admin/intake/lead/").content
    assert client.post("/admin/intake/lead/export/").status_code == 403
    assert everything() == before


def test_a_column_that_a_person_may_not_see_is_not_in_the_file(world: World, login: Login) -> None:
    assert "message" in taken(login("Manager"), "/admin/intake/lead/export/")[0]
    assert "message" not in taken(login("Auditor"), "/admin/intake/lead/export/")[0]


def test_a_reviewers_own_actions_are_all_that_an_export_of_the_log_would_hold(world: World, login: Login) -> None:
    rows = taken(login("Auditor"), "/admin/trail/auditentry/export/?action=source.changed")

    assert [(row["actor"], row["detail"]) for row in rows] == [("dana", '{"name": ["a", "b"]}')]


def test_a_filter_that_is_nonsense_exports_nothing(world: World, login: Login) -> None:
    response = login("Manager").post("/admin/intake/lead/export/?nonsense=1")

    assert response.status_code == 302
    assert not AuditEntry.objects.filter(action="list.exported").exists()


def test_an_export_asks_the_database_no_more_for_more_rows(
    world: World, login: Login, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        make.lead()
    client = login("Manager")

    with django_assert_max_num_queries(14):
        assert len(taken(client, "/admin/intake/lead/export/")) == 31
