"""Every page of the admin answers, and looking at it changes nothing."""

from __future__ import annotations

from django.apps import apps
from django.core import serializers

from config.csp import POLICY
from tests.integration.admin.addresses import OF_DJANGO, names, pages
from tests.integration.admin.conftest import Login
from tests.integration.admin.world import World

# What a login itself writes.
_OF_A_LOGIN = {"sessions.session"}


def everything() -> dict[str, str]:
    """All rows of all tables, as text."""
    kept = {}
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label_lower
        if label not in _OF_A_LOGIN and not model._meta.proxy:
            kept[label] = serializers.serialize("json", model._default_manager.order_by("pk"))
    return kept


def test_looking_at_every_page_as_superuser_changes_no_row(world: World, login: Login) -> None:
    client = login()
    before = everything()

    answers = {}
    for name, address in pages(world):
        response = client.get(address)
        answers[name] = response.status_code
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            assert response.headers["Content-Security-Policy"] == POLICY, name

    refused = {name for name, code in answers.items() if code == 403}
    assert {name for name in refused if not name.endswith(("_add", "_delete"))} == set()
    # A lever that is not possible now leads back to its row, and a file that is taken by POST to its page; a dead
    # letter is shown as its push.
    elsewhere = {name.rpartition("_")[2] for name, code in answers.items() if code == 302}
    assert elsewhere == {
        *("resume", "restore", "rollback", "undo", "again", "change", "mapping", "picklists", "export", "refused"),
    }
    # A fragment is only ever asked for with a form.
    assert {name for name, code in answers.items() if code == 405} == {
        "intake_mappingversion_preview",
        "intake_mappingversion_rules",
    }
    assert set(answers.values()) == {200, 302, 403, 405}
    assert everything() == before


def test_every_page_that_the_admin_has_is_looked_at(world: World) -> None:
    asked = {name for name, _ in pages(world)}
    same = {
        "crmsync_deadletter_redrive_chosen": "chosen_redrive",
        "crmsync_deadletter_discard_chosen": "chosen_discard",
        "crmsync_emailtemplate_sent": "sent",
        "crmsync_emailtemplate_sent_mail": "sent",
        "auth_user_password_change": "auth_user_change",
    }

    left_out = {name for name in names() - OF_DJANGO if same.get(name, name) not in asked}

    assert left_out == set()
