"""The desk in a real browser: what people do there all day, by mouse and by keyboard, wide and narrow."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from crmsync.models import Push
from intake.models import DataAudit
from tests.integration.admin.world import World

pytestmark = pytest.mark.browser


def screens(world: World) -> list[str]:
    """One of each kind of screen."""
    return [
        "/admin/",
        "/admin/intake/lead/",
        f"/admin/intake/lead/{world.lead.pk}/change/",
        "/admin/crmsync/deadletter/",
        f"/admin/crmsync/deadletter/redrive/?pick=push:{world.dead_push.pk}",
        f"/admin/crmsync/push/{world.dead_push.pk}/change/",
        "/admin/intake/delivery/",
        f"/admin/intake/delivery/{world.dead_delivery.pk}/change/",
        f"/admin/intake/source/{world.source.pk}/change/",
        f"/admin/intake/source/{world.source.pk}/rotate/",
        f"/admin/intake/mappingversion/{world.draft.pk}/change/",
        f"/admin/intake/mappingversion/{world.draft.pk}/edit/",
        f"/admin/intake/mappingversion/{world.published.pk}/picklists/",
        f"/admin/intake/dryrun/{world.draft.dry_runs.get().pk}/change/",
        f"/admin/intake/renormalization/{world.published.renormalizations.get().pk}/change/",
        "/admin/trail/alert/",
        f"/admin/intake/mappingversion/{world.published.pk}/change/",
        f"/admin/crmsync/connection/{world.connection.pk}/change/",
        "/admin/crmsync/routingrule/",
        "/admin/intake/lead/add/",
        "/admin/intake/fileimport/",
        "/admin/intake/fileimport/add/",
        f"/admin/intake/fileimport/{world.draft_import.pk}/columns/",
        f"/admin/intake/fileimport/{world.draft_import.pk}/change/",
        f"/admin/intake/dataaudit/{DataAudit.objects.latest('pk').pk}/change/",
        "/admin/trail/auditentry/",
        "/admin/auth/user/",
    ]


def test_logging_in_leads_to_the_dashboard_whose_tiles_lead_to_their_lists(page: Page, world: World) -> None:
    expect(page.locator(".st-tile").first).to_contain_text("Records lost")

    page.get_by_role("link", name="Dead letters waiting").click()

    expect(page.get_by_role("heading", name="4 dead letters in 4 groups")).to_be_visible()


def test_somebody_finds_out_why_a_lead_is_not_in_the_crm(page: Page, world: World) -> None:
    page.goto("/admin/intake/lead/?q=(512)+555-0142")
    page.get_by_role("link", name="Maria Alvarez").click()

    failed = page.locator(".st-step.st-failed")
    expect(failed).to_contain_text("In the CRM")
    failed.get_by_role("link", name="5 tries").click()

    expect(page.get_by_text("Property values were not valid").first).to_be_visible()


def test_dead_letters_are_chosen_and_redriven_behind_their_exact_number(page: Page, world: World) -> None:
    page.goto("/admin/crmsync/deadletter/")
    page.locator(f'input[value="push:{world.dead_push.pk}"]').check()
    page.locator(f'input[value="push:{world.unknown_push.pk}"]').check()
    page.get_by_role("button", name="Redrive chosen").click()

    expect(page.get_by_role("heading", name="Redrive 2 dead letters?")).to_be_visible()
    assert Push.objects.filter(state="dead").count() == 1
    page.get_by_role("button", name="Redrive 2 dead letters").click()

    expect(
        page.get_by_text("Redriven: 2 of 2 dead letters. What fails again comes back to this list with its reason.")
    ).to_be_visible()
    expect(page.get_by_role("heading", name="2 dead letters in 2 groups")).to_be_visible()


def test_one_box_chooses_all_on_the_page(page: Page, world: World) -> None:
    page.goto("/admin/crmsync/deadletter/")

    page.get_by_label("Choose all on this page").check()

    expect(page.locator("input.st-pick[name=pick]:checked")).to_have_count(4)


def test_the_filters_open_by_keyboard(page: Page, world: World) -> None:
    page.goto("/admin/intake/lead/")
    filters = page.get_by_role("button", name="Filters")

    filters.focus()
    page.keyboard.press("Enter")

    expect(page.locator("#changelist-filter")).to_be_visible()


def test_no_screen_scrolls_sideways_at_390_pixels(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 844})

    widths = {}
    for address in screens(world):
        page.goto(address)
        widths[address] = page.evaluate("document.documentElement.scrollWidth")

    assert {address: width for address, width in widths.items() if width > 390} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_breaks_the_policy_or_complains(scheme: str, page: Page, world: World) -> None:
    """The page fixture asserts that nothing complained."""
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")

    for address in screens(world):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        assert "'unsafe-inline'" not in re.findall(r"script-src [^;]+", answer.headers["content-security-policy"])[0]
        page.wait_for_load_state("networkidle")


def test_every_screen_has_one_main_landmark_and_no_target_that_only_a_mouse_reaches(page: Page, world: World) -> None:
    for address in screens(world):
        page.goto(address)
        assert page.locator("[role=main]").count() == 1, address
        unreachable = page.evaluate(
            """() => [...document.querySelectorAll("[x-on\\\\:click]")].filter((one) =>
                !one.matches("button, input, select, textarea, a[href]") && !one.hasAttribute("tabindex")
                && !one.closest("[role=button]") && one.id !== "changelist-filter-close" && one.offsetParent).length"""
        )
        assert unreachable == 0, address


def test_a_payload_that_carries_a_script_is_shown_and_not_run(page: Page, world: World) -> None:
    item = world.lead.item
    attack = "<script>document.title='owned'</script><div x-data x-init=\"document.title='owned'\"></div>"
    item.values = {"lead.message": {"value": attack, "raw": attack, "path": attack, "by": "text@1"}}
    item.save()

    page.goto(f"/admin/intake/lead/{world.lead.pk}/change/")
    page.wait_for_load_state("networkidle")

    assert page.title() != "owned"
    expect(page.get_by_text("document.title='owned'").first).to_be_visible()
