"""A file from upload to result, and an audit with its charts, in a real browser."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from intake.models import Contact, DataAudit, FileImport, Lead
from intake.services import audit_data, import_file

pytestmark = pytest.mark.browser

FILE = "Name;E-mail;Cell;Stage\nAnn Lee;ann@example.org;312-867-5309;Hot\nNo Way;;;Cold\nJo Roe;jo@example.org;;a;b\n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "old crm.csv"
    file.write_text(FILE)
    return str(file)


def test_a_file_is_uploaded_previewed_imported_and_its_refused_rows_are_downloaded(page: Page, path: str) -> None:
    page.goto("/admin/intake/fileimport/")
    page.locator('a[href="/admin/intake/fileimport/add/"]').first.click()
    page.set_input_files("#id_file", path)
    page.fill("#id_name", "Old office CRM")
    page.get_by_role("button", name="Upload and look at the columns").click()

    expect(page.get_by_text("1 would be accepted, 2 refused. Nothing is written yet.")).to_be_visible()
    expect(page.get_by_label("Field for the column Cell")).to_have_value("contact.phone")
    page.get_by_label("Field for the column Stage").select_option("lead.timeframe")
    page.get_by_role("button", name="Update the preview").click()
    expect(page.get_by_role("columnheader", name="Lead: timeframe")).to_be_visible()
    assert not Lead.objects.filter(source__slug="old-office-crm").exists()

    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_role("heading", name="Counting the rows")).to_be_visible()
    import_file.drain()

    # The page asks for itself every two seconds.
    expect(page.get_by_text("Finished").first).to_be_visible(timeout=10_000)
    expect(page.get_by_role("heading", name="3 of 3 rows read")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the refused rows").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [(row[0], row[2]) for row in rows[1:]] == [("3", "invalid"), ("4", "too_many_cells")]
    lead = Lead.objects.get(source__slug="old-office-crm")
    assert (lead.contact.first_name, lead.timeframe) == ("Ann", "Hot")
    assert FileImport.objects.latest("pk").accepted == 1


def test_an_audit_counts_an_export_and_draws_it(page: Page, path: str) -> None:
    page.goto("/admin/intake/dataaudit/add/")
    people = Contact.objects.count()
    page.set_input_files("#id_file", path)
    page.get_by_role("button", name="Upload and count").click()
    expect(page.locator("#counting")).to_contain_text("Counting")

    audit_data.drain()

    expect(page.get_by_role("heading", name="Column by column")).to_be_visible(timeout=10_000)
    expect(page.locator("canvas.chart")).to_have_count(2)
    drawn = page.evaluate("[...document.querySelectorAll('canvas.chart')].map((one) => Boolean(Chart.getChart(one)))")
    assert drawn == [True, True]
    page.get_by_role("link", name="Make it the baseline").click()
    page.get_by_role("button", name="Make it the baseline").click()
    expect(page.get_by_text("old crm.csv is the baseline.")).to_be_visible()
    assert DataAudit.objects.latest("pk").baseline_at is not None
    assert Contact.objects.count() == people


def test_a_list_is_exported(page: Page) -> None:
    page.goto("/admin/intake/contact/")

    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()

    assert "Alvarez" in Path(download.value.path()).read_text("utf-8-sig")


def test_a_lead_is_typed_in(page: Page) -> None:
    page.goto("/admin/intake/lead/add/")
    page.get_by_label("First name").fill("Gina")
    page.get_by_label("Phone").fill("(312) 867-5309")
    page.get_by_role("button", name="Add the lead").click()

    expect(page.get_by_text("is entered. It goes the way of every lead from here.")).to_be_visible()
    expect(page.get_by_text("Manual, by dana")).to_be_visible()
