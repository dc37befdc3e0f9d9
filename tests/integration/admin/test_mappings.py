"""Mappings in the admin: the editor shows what comes and what would be made of it; what was published never changes."""

from __future__ import annotations

import json
import re
from typing import Any

from django.test import Client

from intake.models import MappingVersion, Source
from intake.services.publish_mapping import fill, new_draft
from intake.sources.presets import names, preset
from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.world import World
from trail.models import AuditEntry
from trail.record import STEWARD


def form_of(client: Client, version: MappingVersion) -> dict[str, Any]:
    """What the editor's form would send back unedited."""
    page = client.get(address(version, "edit")).context
    return {"shown": page["shown"], "note": page["note"], **_sent_back(page["dictionary"])}


def _sent_back(dictionary: Any) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for form in [dictionary.reading, dictionary.rules.management_form, *dictionary.rules.forms]:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = "\r\n".join(value) if isinstance(value, list) else value
    return data


def address(version: MappingVersion, page: str = "change") -> str:
    return f"/admin/intake/mappingversion/{version.pk}/{page}/"


def told(answer: Any) -> str:
    return str(list(answer.context["messages"])[-1])


def test_a_draft_is_edited_with_one_path_a_line(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft)
    data["rules-1-first_of"] = "email\r\n\r\n contact.email "
    data["note"] = "Its new name."

    response = client.post(address(world.draft, "edit"), data)

    assert response["Location"] == address(world.draft, "edit")
    world.draft.refresh_from_db()
    assert (world.draft.note, world.draft.state) == ("Its new name.", "draft")
    assert world.draft.fields.get(to="contact.email").first_of == ["email", "contact.email"]
    entry = AuditEntry.objects.get(action="mapping.edited")
    assert [rule["first_of"] for rule in entry.detail["added"]] == [["email", "contact.email"]]
    assert [rule["first_of"] for rule in entry.detail["removed"]] == [["email"]]


def test_every_known_sender_s_dictionary_comes_out_of_the_form_as_it_went_in(db: None, login: Login) -> None:
    client = login("Manager")
    for name in names():
        given = preset(name)
        draft = new_draft(make.source(kind=given["kind"]), by=STEWARD)
        fill(draft, given["mapping"])
        before = draft.document()

        client.post(address(draft, "edit"), form_of(client, draft))

        assert MappingVersion.objects.get(pk=draft.pk).document() == before, name
    assert not AuditEntry.objects.filter(action="mapping.edited").exists()


def test_the_whole_reading_of_a_payload_can_be_edited(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft) | {
        "decode": "csv",
        "items": "leads[*]",
        "record_id": "id\r\nlead.id",
        "pivot": "answers | name | values[0]",
        "area_code": "512",
        "empty": "n/a\r\nnix",
        "ignore": "utm_*",
        "rules-0-concat": " ",
        "rules-0-split": ",",
        "rules-0-part": "-1",
    }

    client.post(address(world.draft, "edit"), data)

    document = MappingVersion.objects.get(pk=world.draft.pk).document()
    assert {name: document[name] for name in document if name not in ("fields", "kind", "picklists")} == {
        "decode": "csv",
        "items": "leads[*]",
        "identity": {"record_id": ["id", "lead.id"]},
        "pivot": [{"path": "answers", "key": "name", "value": "values[0]"}],
        "context": {"area_code": "512"},
        "empty": ["", "n/a", "nix"],
        "ignore": ["utm_*"],
    }
    rule = document["fields"][0]
    assert (rule["concat"], rule["split"], rule["part"]) == (" ", ",", -1)
    assert form_of(client, world.draft)["empty"] == "n/a\nnix"


def test_rules_are_removed_and_put_into_another_order(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft) | {"rules-0-DELETE": "on", "rules-1-ORDER": "9"}

    client.post(address(world.draft, "edit"), data)

    assert [rule.to for rule in world.draft.fields.all()] == ["contact.phone", "contact.email"]


def test_saving_a_draft_says_every_problem_and_publishing_refuses_it(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft)
    data["rules-0-first_of"] = "a[["

    saved = client.post(address(world.draft, "edit"), data, follow=True)
    refused = client.post(address(world.draft, "publish"), {}, follow=True)

    assert "1 problem stands in the way of publishing: fields[0].first_of" in told(saved)
    assert b"stops making sense" in client.get(address(world.draft, "edit")).content
    assert b"Before this can be published" in client.get(address(world.draft)).content
    world.draft.refresh_from_db()
    assert world.draft.state == MappingVersion.State.DRAFT
    assert [one.level_tag for one in refused.context["messages"]] == ["error"]


def test_what_cannot_be_read_is_not_saved_and_stays_on_the_screen(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft) | {"rules-0-part": "many", "rules-1-first_of": "kept"}

    answer = client.post(address(world.draft, "edit"), data)

    assert "Nothing was saved." in told(answer)
    assert b">\nkept</textarea>" in answer.content
    assert world.draft.fields.get(to="contact.email").first_of == ["email"]


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
        assert "There is no dry run of this draft" in told(answer)
    world.draft.refresh_from_db()
    assert world.draft.state == MappingVersion.State.DRAFT


def test_save_and_dry_run_leads_to_what_the_dry_run_found(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft) | {"rules-2-first_of": "telephone", "try": "1"}

    page = client.post(address(world.draft, "edit"), data, follow=True)

    assert page.redirect_chain[-1][0].startswith("/admin/intake/dryrun/")
    assert "tried on 2 records" in told(page)  # the lead, and the record whose dead letter names no phone
    assert b"contact.phone: 1 lost" in page.content


def test_saving_an_edit_of_what_is_published_makes_a_draft_and_leaves_it_as_it_was(world: World, login: Login) -> None:
    client = login("Manager")
    before = world.published.document()
    data = form_of(client, world.published) | {"rules-1-first_of": "mail"}

    client.post(address(world.published, "edit"), data)

    draft = world.source.mappings.get(number=4)
    assert (draft.state, draft.fields.get(to="contact.email").first_of) == ("draft", ["mail"])
    assert draft.document()["picklists"] == before["picklists"] != {}
    assert MappingVersion.objects.get(pk=world.published.pk).document() == before


def test_saving_what_is_published_unedited_makes_no_draft(world: World, login: Login) -> None:
    client = login("Manager")

    answer = client.post(address(world.published, "edit"), form_of(client, world.published), follow=True)

    assert told(answer) == "Nothing was changed, so there is nothing to save."
    assert world.source.mappings.count() == 3


def test_an_edit_of_what_somebody_else_changed_meanwhile_is_refused_and_kept_on_the_screen(
    world: World, login: Login
) -> None:
    client = login("Manager")
    data = form_of(client, world.draft) | {"rules-0-first_of": "mine"}
    world.draft.fields.filter(to="contact.name").update(first_of=["theirs"])

    answer = client.post(address(world.draft, "edit"), data)

    assert "Somebody else changed this mapping" in told(answer)
    assert b">\nmine</textarea>" in answer.content
    assert world.draft.fields.get(to="contact.name").first_of == ["theirs"]
    assert client.post(address(world.draft, "edit"), data).status_code == 200  # and again
    assert world.draft.fields.get(to="contact.name").first_of == ["theirs"]


def test_a_form_that_was_open_while_the_draft_was_published_becomes_a_draft_of_its_own(
    world: World, login: Login
) -> None:
    client = login("Manager")
    data = form_of(client, world.draft)
    client.post(address(world.draft, "try"))
    client.post(address(world.draft, "publish"))
    data["rules-0-first_of"] = "other"

    client.post(address(world.draft, "edit"), data)

    assert world.draft.fields.get(to="contact.name").first_of == ["name"]
    assert world.source.mappings.get(number=4).fields.get(to="contact.name").first_of == ["other"]


def test_what_comes_is_listed_with_the_unmapped_on_top_masked_and_with_a_suggestion(world: World, login: Login) -> None:
    make.delivery(source=world.source, payload={"email": "a@b.example", "cell": "512 555 0199"}, state="split")

    paths = login("Manager").get(address(world.draft, "edit")).context["paths"]

    top, mapped = paths[0], next(one for one in paths if one["path"] == "email")
    assert (top["path"], top["known"], top["suggestion"], top["shapes"]) == (
        "cell",
        False,
        "contact.phone",
        ("999 999 9999",),
    )
    assert (mapped["known"], mapped["targets"]) == (True, ("contact.email",))
    assert [one["known"] for one in paths] == sorted(one["known"] for one in paths)
    assert top["percent"] == 33  # of the three records that there are


def test_a_path_that_is_mapped_twice_gets_one_rule(world: World, login: Login) -> None:
    client = login("Manager")
    once = client.post(address(world.draft, "rules"), form_of(client, world.draft) | {"add_path": "cell"})

    twice = client.post(address(world.draft, "rules"), _sent_back(once.context["dictionary"]) | {"add_path": "cell"})

    assert _rules(once)[-1] == ("", ["cell"])
    assert _rules(twice) == _rules(once)


def test_a_path_is_mapped_from_the_list_without_saving_anything(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft)

    page = client.post(address(world.draft, "rules"), data | {"add_path": "cell", "add_to": "contact.phone"})
    joined = client.post(address(world.draft, "rules"), data | {"add_path": "full", "add_to": "contact.name"})
    ignored = client.post(address(world.draft, "rules"), data | {"ignore_path": "zpid"})

    assert _rules(page) == [
        ("contact.name", ["name"]),
        ("contact.email", ["email"]),
        ("contact.phone", ["phone"]),
        ("contact.phone", ["cell"]),  # a person may have several, so this is a rule of its own
    ]
    assert _rules(joined)[0] == ("contact.name", ["name", "full"])
    assert page.content.count(b"autofocus") == 1
    assert ignored.context["dictionary"].reading.initial["ignore"] == ["zpid"]
    assert [one["known"] for one in ignored.context["paths"] if one["path"] == "zpid"] == [True]
    assert world.draft.fields.count() == 3


def _rules(page: Any) -> list[tuple[str, list[str]]]:
    return [(form.initial["to"], form.initial["first_of"]) for form in page.context["dictionary"].rules.forms]


def test_the_alert_of_a_new_field_leads_to_its_rule_in_the_editor(world: World, login: Login) -> None:
    client = login("Manager")

    page = client.get(f"/admin/intake/source/{world.source.pk}/mapping/?path=zpid&to=property.parcel", follow=True)

    assert page.redirect_chain[-1][0] == f"{address(world.draft, 'edit')}?path=zpid&to=property.parcel"
    assert _rules(page)[-1] == ("property.parcel", ["zpid"])
    assert world.draft.fields.count() == 3


def test_a_source_without_a_mapping_leads_to_itself(world: World, login: Login) -> None:
    source = make.source()

    page = login("Manager").get(f"/admin/intake/source/{source.pk}/mapping/", follow=True)

    assert page.redirect_chain[-1][0] == f"/admin/intake/source/{source.pk}/change/"
    assert "no mapping yet" in told(page)


def test_the_preview_shows_what_the_unsaved_rules_would_make_of_the_last_records(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft) | {"rules-2-first_of": "zpid", "rules-1-first_of": "nowhere\nemail"}

    page = client.post(address(world.draft, "preview"), data)

    record = page.context["records"][-1]
    assert [(line.target, line.word, line.was, line.value) for line in record["lines"]] == [
        ("contact.phone", "Newly fails", "5125550142", "")
    ]
    assert "cannot be a phone number" in record["lines"][0].why
    assert record["same"] == 4  # e-mail, the name and its two parts
    everything = client.post(address(world.draft, "preview"), data | {"everything": "on"}).context["records"][-1]
    assert ("contact.email", "maria.alvarez@example.com") in [(one.target, one.value) for one in everything["lines"]]
    assert world.draft.fields.get(to="contact.phone").first_of == ["phone"]


def test_the_preview_says_what_is_wrong_where_the_rules_are_not_complete(world: World, login: Login) -> None:
    client = login("Manager")
    data = form_of(client, world.draft) | {"rules-0-to": "", "rules-2-first_of": "a[["}

    page = client.post(address(world.draft, "preview"), data)

    assert [place for place, _ in page.context["problems"]] == ["Rule 1", "Rule 3, contact.phone"]
    assert b"Choose the internal field that it fills." in page.content


def test_a_record_is_previewed_by_its_lead_s_reference_and_no_record_of_another_source(
    world: World, login: Login
) -> None:
    client = login("Manager")
    for number in range(6):
        make.delivery(source=world.source, payload={"email": f"new{number}@example.com"}, state="split")
    foreign = make.lead()
    data = form_of(client, world.draft) | {"everything": "on"}

    def first(about: str) -> str:
        page = client.post(address(world.draft, "preview"), data | {"about": about})
        assert len(page.context["records"]) == 5
        return {one.target: one.value for one in page.context["records"][0]["lines"]}["contact.email"]

    assert first("") == "new5@example.com"
    assert first(world.lead.reference.lower()) == "maria.alvarez@example.com"
    assert first(str(world.lead.item.delivery.public_id)) == "maria.alvarez@example.com"
    assert first(foreign.reference) == first("L-999999999999") == first("gibberish") == "new5@example.com"


def test_whoever_may_not_see_payloads_sees_shapes_and_no_value_in_the_editor(world: World) -> None:
    person = make.user()
    person.user_permissions.add(*_permissions("change_mappingversion", "view_mappingversion"))
    client = Client()
    client.force_login(person)
    data = form_of(client, world.draft) | {"everything": "on", "rules-2-first_of": "zpid"}

    pages = [
        client.get(address(world.draft, "edit")),
        client.post(address(world.draft, "preview"), data),
        client.post(address(world.draft, "rules"), data | {"add_path": "x"}),
    ]

    for page in pages:
        assert page.status_code == 200
        assert not re.search(rb"alvarez|555.?0142|5125550142", page.content, re.IGNORECASE)
    assert "•" in pages[1].content.decode()


def _permissions(*names: str) -> Any:
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=names)


def test_the_editor_needs_the_same_number_of_queries_for_few_and_many_rules_and_records(
    world: World, login: Login, django_assert_max_num_queries: Any
) -> None:
    client = login("Manager")
    source = Source.objects.get(pk=world.source.pk)
    for number in range(30):
        make.delivery(source=source, payload={f"f{number}": number}, state="split")
    data = form_of(client, world.draft)

    with django_assert_max_num_queries(16):
        client.get(address(world.draft, "edit"))
    with django_assert_max_num_queries(14):
        client.post(address(world.draft, "preview"), data)


def test_a_payload_that_carries_a_script_is_shown_as_text(world: World, login: Login) -> None:
    client = login("Manager")
    make.delivery(
        source=world.source, payload={"<script>x</script>": "y", "name": "<b onclick=z>Ann</b>"}, state="split"
    )
    data = form_of(client, world.draft) | {"everything": "on"}

    page = client.get(address(world.draft, "edit")).content + client.post(address(world.draft, "preview"), data).content

    assert b"<script>x" not in page
    assert b"<b onclick" not in page
    assert json.dumps("<script>x</script>").encode() not in page


def test_an_unmapped_field_of_a_lead_leads_to_the_editor_for_whoever_may_edit(world: World, login: Login) -> None:
    page = f"/admin/intake/lead/{world.lead.pk}/change/"
    link = f'href="/admin/intake/source/{world.source.pk}/mapping/?path=zpid"'.encode()

    assert link in login("Manager").get(page).content
    assert link not in login("Reviewer").get(page).content
