"""A manager maps a new field in a real browser: from the alert to the next lead."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from intake.models import Lead, MappingVersion, Source
from intake.services import process, watch_drift
from intake.services.receive import receive
from tests import factories as make
from tests.browser.conftest import PASSWORD
from tests.integration.admin.world import World

pytestmark = pytest.mark.browser


def send(source: Source, number: int, **more: str) -> None:
    """One lead of the source, processed and looked at."""
    record = {"name": "Ann Lee", "email": f"ann{number}@example.com", "phone": "(512) 867-5309", **more}
    receive(source, json.dumps(record).encode(), content_type="application/json", event_id=f"lead-{number}")
    process.drain()
    watch_drift.watch()
    watch_drift.watch()


def enter_as_manager(page: Page) -> None:
    make.user("Manager", username="mona", password=PASSWORD)
    page.context.clear_cookies()
    page.goto("/admin/login/?next=/admin/")
    page.fill("#id_username", "mona")
    page.fill("#id_password", PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_url("**/admin/")


def test_a_new_field_is_mapped_previewed_published_and_seen_on_the_next_lead(page: Page, world: World) -> None:
    MappingVersion.objects.filter(pk=world.draft.pk).delete()
    for number in range(3):
        send(world.source, number)
    send(world.source, 3, home_zip="78702-1234")
    enter_as_manager(page)

    # The alert leads to the editor, with a rule for the new field on the screen; nothing is saved yet.
    page.goto("/admin/trail/alert/")
    row = page.get_by_role("row").filter(has_text="Zillow Rentals sends a new field, home_zip")
    row.get_by_role("link", name="Look").click()
    unread = page.locator(".st-path.st-unread").filter(has_text="home_zip")
    expect(page.locator("#id_rules-3-first_of")).to_have_value("home_zip")
    expect(page.locator("#preview")).to_contain_text("Not complete yet")

    # The field is chosen and the preview follows, on the server, by the code that maps leads.
    page.locator("#id_rules-3-to").select_option("contact.zip")
    expect(page.locator(".st-previewed .st-differs").first).to_contain_text("contact.zip")
    expect(page.locator(".st-previewed .st-differs ins").first).to_have_text("78702")
    assert world.source.mappings.count() == 2

    # A path from the list of what comes is mapped by its button; another is ignored.
    zpid = page.locator(".st-path.st-unread").filter(has_text="zpid")
    zpid.get_by_role("button", name="Ignore").click()
    expect(zpid).to_have_count(0)
    expect(unread).to_have_count(0)

    page.get_by_role("button", name="Save and dry run").click()
    expect(page.get_by_text("Saved as zillow v3, a draft, and tried on").first).to_be_visible()
    expect(page.get_by_role("heading", name="contact.zip: 1 gained")).to_be_visible()
    page.get_by_role("link", name="Publish").click()
    expect(page.get_by_text("none would newly fail")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("zillow v3 is published.")).to_be_visible()

    send(world.source, 4, home_zip="78704")
    page.goto(f"/admin/intake/lead/{Lead.objects.latest('pk').pk}/change/")
    expect(page.get_by_role("row").filter(has_text="Contact: zip")).to_contain_text("78704")

    # And back, by one press.
    page.goto(f"/admin/intake/mappingversion/{world.source.mappings.get(number=3).pk}/change/")
    page.get_by_role("button", name="Roll back to the version before").click()
    expect(page.get_by_text("Rolled back. zillow v2 is published again.")).to_be_visible()


def test_the_preview_waits_until_somebody_stops_typing_and_asks_once(page: Page, world: World) -> None:
    page.goto(f"/admin/intake/mappingversion/{world.draft.pk}/edit/")
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/preview/" in request.url else None)

    page.locator("#id_rules-2-first_of").press_sequentially(" and more", delay=20)
    expect(page.locator("#preview")).to_contain_text("Lost")

    assert len(asked) == 1
