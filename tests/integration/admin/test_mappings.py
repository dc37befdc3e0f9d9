"""Mapping versions in the admin: drafts are edited, checked and published; what was published never changes."""

from __future__ import annotations

from typing import Any

from django.test import Client

from intake.models import MappingVersion
from tests.integration.admin.conftest import Login
from tests.integration.admin.world import World
from trail.models import AuditEntry


def form_of(client: Client, version: MappingVersion) -> dict[str, Any]:
    """What the page's form would send back unchanged."""
    page = client.get(address(version))
    data: dict[str, Any] = {"note": version.note, "envelope": "{}"}
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        for field in formset.management_form:
            data[field.html_name] = field.value()
        for form in formset.forms:
            for field in form:
                value = form[field.name].value()
                if value is not None and value is not False:
                    data[field.html_name] = value
    return data


def address(version: MappingVersion, page: str = "change") -> str:
    return f"/admin/intake/mappingversion/{version.pk}/{page}/"


def test_a_draft_is_edited_with_one_path_a_line(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft)
    data["fields-1-first_of"] = "email\r\n\r\n contact.email "

    response = client.post(address(world.draft), data)

    assert response.status_code == 302
    assert world.draft.fields.get(to="contact.email").first_of == ["email", "contact.email"]
    entry = AuditEntry.objects.get(action="mapping.edited")
    assert [rule["first_of"] for rule in entry.detail["added"]] == [["email", "contact.email"]]
    assert [rule["first_of"] for rule in entry.detail["removed"]] == [["email"]]


def test_saving_a_draft_says_every_problem_and_publishing_refuses_it(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft)
    data["fields-0-first_of"] = "a[["

    saved = client.post(address(world.draft), data, follow=True)
    refused = client.post(address(world.draft, "publish"), follow=True)

    assert any("fields" in str(one) for one in saved.context["messages"])
    assert b"Before this can be published" in client.get(address(world.draft)).content
    world.draft.refresh_from_db()
    assert world.draft.state == MappingVersion.State.DRAFT
    assert [one.level_tag for one in refused.context["messages"]] == ["error"]


def test_publishing_retires_the_version_before_and_rolling_back_undoes_it(world: World, login: Login) -> None:
    client = login("Manager")

    client.post(address(world.draft, "try"))
    client.post(address(world.draft, "publish"))
    states = dict(world.source.mappings.values_list("number", "state"))
    client.post(address(world.draft, "undo"))

    assert states == {1: "retired", 2: "retired", 3: "published"}
    assert dict(world.source.mappings.values_list("number", "state")) == {1: "retired", 2: "published", 3: "retired"}
    entry = AuditEntry.objects.filter(action="mapping.published").latest("id")
    assert (entry.subject_id, entry.actor_kind) == (str(world.published.pk), "person")


def test_a_retired_version_is_rolled_back_to_by_one_press(world: World, login: Login) -> None:
    login("Manager").post(address(world.retired, "rollback"))

    assert dict(world.source.mappings.values_list("number", "state")) == {1: "published", 2: "retired", 3: "draft"}


def test_a_draft_is_not_published_before_its_dry_run_and_an_edit_asks_for_another(world: World, login: Login) -> None:
    client = login("Manager")
    refused = client.post(address(world.draft, "publish"), follow=True)
    client.post(address(world.draft, "try"))
    world.draft.fields.filter(to="contact.phone").update(first_of=["telephone"])
    again = client.post(address(world.draft, "publish"), follow=True)

    for answer in (refused, again):
        assert "There is no dry run of this draft" in str(list(answer.context["messages"])[-1])
    world.draft.refresh_from_db()
    assert world.draft.state == MappingVersion.State.DRAFT


def test_what_was_published_cannot_be_edited_by_anybody(world: World, login: Login) -> None:
    for version in (world.published, world.retired):
        before = version.document()

        assert login().post(address(version), {"note": "x", "envelope": "{}"}).status_code == 403

        version = MappingVersion.objects.get(pk=version.pk)
        assert version.document() == before
        assert version.note == ""


def test_a_form_that_was_open_while_the_draft_was_published_is_refused(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft)
    client.post(address(world.draft, "try"))
    client.post(address(world.draft, "publish"))
    data["fields-0-first_of"] = "other"

    response = client.post(address(world.draft), data)

    assert response.status_code == 403
    assert world.draft.fields.get(to="contact.name").first_of == ["name"]


def test_a_new_draft_is_a_copy_with_the_next_number(world: World, login: Login) -> None:
    response = login("Manager").post(address(world.published, "draft"))

    draft = MappingVersion.objects.get(source=world.source, number=4)
    assert response["Location"] == address(draft)
    assert draft.state == MappingVersion.State.DRAFT
    assert draft.document()["fields"] == world.published.document()["fields"]
