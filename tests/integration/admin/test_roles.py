"""Who may do what: every address of the admin, by role and method. A hidden button is a refused request too."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from config.roles import ROLES
from tests.integration.admin.addresses import pages
from tests.integration.admin.conftest import Login
from tests.integration.admin.test_looking_changes_nothing import everything
from tests.integration.admin.world import World

LETTERS = {"R": "Reviewer", "M": "Manager", "I": "Integrations admin", "A": "Auditor"}
EVERYBODY = "RMIA"

# Per model: who may look, add, edit, delete.
MODELS = {
    "intake_lead": ("RMIA", "RMI", "", ""),
    "intake_fileimport": ("RMIA", "MI", "", ""),
    "intake_dataaudit": ("RMIA", "MI", "", ""),
    "intake_contact": ("RMIA", "", "", ""),
    "intake_property": ("RMIA", "", "", ""),
    "intake_delivery": ("RMIA", "", "", ""),
    "intake_item": ("RMIA", "", "", ""),
    "intake_refusal": ("RMIA", "", "", ""),
    "intake_mappingversion": ("RMIA", "", "", ""),
    "intake_dryrun": ("RMIA", "", "", ""),
    "intake_ownerorder": ("RMIA", "MI", "MI", "MI"),
    "intake_renormalization": ("RMIA", "", "", ""),
    "intake_source": ("MIA", "I", "I", ""),
    "crmsync_connection": ("MIA", "I", "I", ""),
    "crmsync_push": ("RMIA", "", "", ""),
    "crmsync_deadletter": ("RMIA", "", "", ""),
    "crmsync_agent": ("RMIA", "M", "M", ""),
    "crmsync_routingrule": ("RMIA", "M", "M", "M"),
    "crmsync_emailtemplate": ("RMIA", "M", "M", "M"),
    "crmsync_suppression": ("RMIA", "M", "", "M"),
    "trail_workflow": ("RMIA", "M", "M", ""),
    "trail_heartbeat": ("RMIA", "", "", ""),
    "trail_alert": ("RMIA", "", "", ""),
    "trail_auditentry": ("RMIA", "", "", ""),
    "auth_user": ("A", "", "", ""),
    "auth_group": ("A", "", "", ""),
}
# Per lever or page of its own: who may open it, and who may send it.
LEVERS = {
    "intake_source_rotate": "I",
    "intake_source_draft": "MI",
    "intake_source_pause": "MI",
    "intake_source_resume": "MI",
    "intake_fileimport_stop": "MI",
    "intake_fileimport_resume": "MI",
    "intake_dataaudit_baseline": "MI",
    "intake_mappingversion_try": "MI",
    "intake_mappingversion_publish": "MI",
    "intake_mappingversion_undo": "MI",
    "intake_mappingversion_again": "MI",
    "intake_renormalization_apply": "MI",
    "intake_renormalization_stop": "MI",
    "intake_mappingversion_rollback": "MI",
    "intake_delivery_redrive": "RMI",
    "intake_delivery_discard": "RM",
    "intake_delivery_restore": "RM",
    "intake_item_redrive": "RMI",
    "intake_item_discard": "RM",
    "intake_item_restore": "RM",
    "crmsync_push_redrive": "RMI",
    "crmsync_push_discard": "RM",
    "crmsync_push_restore": "RM",
    "crmsync_connection_test": "I",
    "crmsync_connection_secret": "I",
    "crmsync_connection_pause": "MI",
    "crmsync_connection_resume": "MI",
    "trail_alert_acknowledge": "MI",
    "trail_alert_resolve": "MI",
    "chosen_redrive": "RMI",
    "chosen_discard": "RM",
}
# Files that are taken by POST: who may.
EXPORTS = {
    **{
        f"{name}_export": "MIA"
        for name in (
            "intake_lead",
            "intake_contact",
            "intake_property",
            "intake_delivery",
            "intake_item",
            "intake_fileimport",
            "intake_refusal",
            "crmsync_push",
            "crmsync_deadletter",
            "trail_auditentry",
        )
    },
    "intake_fileimport_refused": "RMI",
}
# Pages that are no lever: the editor, whose form needs more than FILLED, and its fragments.
EDITOR = {f"intake_mappingversion_{page}": "MI" for page in ("edit", "picklists", "preview", "rules")}
LOOK = {
    **LEVERS,
    **EXPORTS,
    "intake_fileimport_columns": "MI",
    "intake_fileimport_progress": "RMIA",
    **EDITOR,
    "intake_source_mapping": "MIA",
    "intake_source_picklists": "MIA",
    "index": EVERYBODY,
    "password_change": EVERYBODY,
    "search": EVERYBODY,
    "sent": "RMI",
    **{f"{name}_{page}": row[0] for name, row in MODELS.items() for page in ("changelist", "change", "history")},
    **{f"{name}_add": row[1] for name, row in MODELS.items()},
    **{f"{name}_delete": row[3] for name, row in MODELS.items()},
}
SEND = {
    **LEVERS,
    **EXPORTS,
    "intake_fileimport_columns": "MI",
    **EDITOR,
    **{f"{name}_add": row[1] for name, row in MODELS.items()},
    **{f"{name}_change": row[2] for name, row in MODELS.items()},
    **{f"{name}_delete": row[3] for name, row in MODELS.items()},
}
# Enough for every form of a lever, so that only the permission can stop it.
FILLED = {
    "reason": "Because.",
    "key_id": "new",
    "secret": "a-new-secret-of-some-length",
    "old_hours": "1",
    "count": "2",
    "upto_push": "999999",
    "upto_item": "999999",
    "upto_delivery": "999999",
    "post": "yes",
}


@pytest.mark.parametrize("letter", LETTERS)
def test_a_role_sees_the_pages_of_its_row_in_the_table_and_no_other(letter: str, world: World, login: Login) -> None:
    client = login(LETTERS[letter])

    seen = {name: client.get(address).status_code != 403 for name, address in pages(world)}

    assert seen == {name: letter in LOOK[name] for name in seen}


@pytest.mark.parametrize("letter", LETTERS)
def test_what_a_role_may_not_do_is_refused_by_post_and_changes_nothing(letter: str, world: World, login: Login) -> None:
    client = login(LETTERS[letter])
    before = everything()

    answers = {
        name: client.post(address, FILLED).status_code
        for name, address in pages(world)
        if name in SEND and letter not in SEND[name]
    }

    # A dead letter's own address only leads on to its push.
    assert {name for name, code in answers.items() if code not in (403, 405)} <= {"crmsync_deadletter_change"}
    assert everything() == before


@pytest.mark.parametrize("letter", LETTERS)
def test_what_a_role_may_do_is_not_refused(letter: str, world: World, login: Login) -> None:
    client = login(LETTERS[letter])

    for name, address in pages(world):
        if name in LEVERS and letter in LEVERS[name] and not name.startswith(("chosen", "crmsync_connection_test")):
            assert client.post(address, FILLED).status_code == 302, name


def test_nobody_who_is_not_logged_in_sees_anything(world: World) -> None:
    client = Client()

    for name, address in pages(world):
        for response in (client.get(address), client.post(address, FILLED)):
            assert response.status_code == 302, name
            assert response["Location"].startswith("/admin/login/"), name


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_each_role_has_exactly_the_permissions_that_the_data_names(role: str) -> None:
    group = Group.objects.get(name=role)

    found = {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.select_related("content_type")}

    assert found == set(ROLES[role])


def test_a_reviewer_sees_the_own_actions_in_the_audit_log_and_an_auditor_all(world: World, login: Login) -> None:
    address = "/admin/trail/auditentry/"

    assert b"source.changed" not in login("Reviewer").get(address).content
    assert b"source.changed" in login("Auditor").get(address).content


def test_the_auditor_sees_no_value_of_a_payload(world: World, login: Login) -> None:
    places = [
        f"/admin/intake/delivery/{world.lead.item.delivery_id}/change/",
        f"/admin/intake/item/{world.lead.item_id}/change/",
        f"/admin/intake/lead/{world.lead.pk}/change/",
        f"/admin/crmsync/push/{world.dead_push.pk}/change/",
        f"/admin/intake/renormalization/{world.published.renormalizations.get().pk}/change/",
        f"/admin/intake/dryrun/{world.draft.dry_runs.get().pk}/change/",
    ]

    for place in places:
        page = login("Auditor").get(place).content.lower()
        assert b"maria.alvarez@example.com" not in page
        assert b"can i see this on saturday" not in page
    assert b"Maria.Alvarez@Example.com" in login("Reviewer").get(places[0]).content
    assert b"Maria.Alvarez@Example.com" in login("Reviewer").get(places[2]).content


def test_a_secret_in_a_payload_is_shown_to_nobody(world: World, login: Login) -> None:
    page = login().get(f"/admin/intake/delivery/{world.lead.item.delivery_id}/change/").content

    assert b"google_key" in page
    assert b"key-that-nobody-may-see" not in page
