"""The picklist editor: unknown words on top, added by one press into a draft."""

from __future__ import annotations

from typing import Any

import pytest

from intake.models import Property, Source
from intake.services import watch_drift
from intake.services.dry_run import dry_run
from intake.services.publish_mapping import publish
from tests.integration.admin.conftest import Login
from tests.integration.intake.senders import MLS, send_and_process, sender
from trail.models import Alert
from trail.record import STEWARD

pytestmark = pytest.mark.django_db


@pytest.fixture
def board() -> Source:
    """A board that wrote a word that nobody translates."""
    source = sender(MLS, kind="listing", origin="mls")
    listings = [("A1", "Active"), ("A2", "Pending!"), ("A3", "Backups"), ("A4", "Backups")]
    send_and_process(source, *({"ListingId": number, "ListingStatus": word} for number, word in listings))
    watch_drift.watch()
    watch_drift.watch()
    return source


def form_of(page: Any) -> dict[str, Any]:
    """What the page's form would send back unedited."""
    data: dict[str, Any] = {"shown": page.context["shown"]}
    for number, one in enumerate(page.context["picklists"]):
        rows = [(word.source_value, "") for word in one.unknown]
        rows += [(word.source_value, word.our_value) for word in one.entries]
        data[f"theirs-{number}"] = [theirs for theirs, _ in rows]
        data[f"ours-{number}"] = [ours for _, ours in rows]
    return data


def test_an_unknown_word_stands_on_top_with_its_count_and_is_added_to_a_draft(board: Source, login: Login) -> None:
    client = login("Manager")
    page = client.get(f"/admin/intake/source/{board.pk}/picklists/", follow=True)
    [picklist] = page.context["picklists"]
    assert [(word.source_value, word.count) for word in picklist.unknown] == [("Backups", 2)]
    assert [(word.source_value, word.count) for word in picklist.entries] == [
        ("Active", 1),
        ("Under Contract", 0),
    ]

    data = form_of(page)
    data["ours-0"][0] = "pending"
    client.post(page.request["PATH_INFO"], data)

    draft = board.mappings.get(number=2)
    assert draft.state == "draft"
    assert draft.document()["picklists"]["listing_status"] == {
        **MLS["picklists"]["listing_status"],
        "Backups": "pending",
    }
    dry_run(draft.pk, by=STEWARD)
    publish(draft.pk, by=STEWARD)
    send_and_process(board, {"ListingId": "A5", "ListingStatus": "Backups"})
    watch_drift.watch()
    assert Property.objects.get(mls_id="A5").status == "pending"
    assert Alert.objects.get(kind="picklist.new_value").state == "resolved"


def test_a_guess_is_added_by_one_press_and_other_edits_are_kept(login: Login) -> None:
    source = sender(MLS, kind="listing", origin="mls")
    send_and_process(source, {"ListingId": "A1", "ListingStatus": "Actives"})
    watch_drift.watch()
    watch_drift.watch()
    client = login("Manager")
    page = client.get(f"/admin/intake/source/{source.pk}/picklists/", follow=True)
    [word] = page.context["picklists"][0].unknown
    assert word.guess == "active"

    data = form_of(page)
    data["theirs-0"] += ["Sold"]
    data["ours-0"] += ["closed"]
    client.post(page.request["PATH_INFO"], data | {"add-0": "Actives"})

    assert source.mappings.get(number=2).document()["picklists"]["listing_status"] == {
        **MLS["picklists"]["listing_status"],
        "Sold": "closed",
        "Actives": "active",
    }


def test_clearing_our_word_takes_the_entry_out(board: Source, login: Login) -> None:
    client = login("Manager")
    page = client.get(f"/admin/intake/source/{board.pk}/picklists/", follow=True)
    data = form_of(page)
    data["ours-0"] = ["", "", "pending"]

    client.post(page.request["PATH_INFO"], data)

    assert board.mappings.get(number=2).document()["picklists"] == {"listing_status": {"Under Contract": "pending"}}


def test_saving_unedited_makes_no_draft(board: Source, login: Login) -> None:
    client = login("Manager")
    page = client.get(f"/admin/intake/source/{board.pk}/picklists/", follow=True)

    client.post(page.request["PATH_INFO"], form_of(page))

    assert board.mappings.count() == 1


def test_a_field_with_fixed_words_can_get_a_picklist_that_its_rule_did_not_name(login: Login) -> None:
    rule = {"to": "property.status", "first_of": ["ListingStatus"]}
    source = sender({**MLS, "fields": [MLS["fields"][0], rule], "picklists": {}}, kind="listing", origin="mls")
    send_and_process(source, {"ListingId": "A1", "ListingStatus": "Backups"})
    watch_drift.watch()
    watch_drift.watch()
    client = login("Manager")
    page = client.get(f"/admin/intake/source/{source.pk}/picklists/", follow=True)

    client.post(page.request["PATH_INFO"], form_of(page) | {"ours-0": ["pending"]})

    draft = source.mappings.get(number=2)
    assert draft.fields.get(to="property.status").picklist == "listing_status"
    assert draft.compiled().rules[1].entries is not None
    assert draft.compiled().rules[1].entries.lookup("Backups") == "pending"
