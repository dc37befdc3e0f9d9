"""The screens of files: upload, columns, preview, progress, result; audits; a lead by hand."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from intake.models import DataAudit, Delivery, FileImport, Lead, MappingVersion, Source, TableFile
from intake.services import audit_data, import_file
from tests import factories as make
from tests.integration.admin.conftest import Login
from tests.integration.admin.test_looking_changes_nothing import everything
from tests.integration.intake.senders import sender
from trail.models import AuditEntry

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/intake/fileimport/add/"
FILE = "Name,Email,Stage\nAnn Lee,ann@example.org,Hot\nNo Way,,Cold\n"


def upload(client: Client, content: str | bytes = FILE, address: str = UPLOAD, **data: Any) -> Any:
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = "leads.csv"
    return client.post(address, {"file": file, "kind": "lead", **data}, follow=True)


def words(page: bytes) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.decode())).split())


def chosen(page: bytes) -> dict[str, str]:
    """What the columns' selects would send."""
    found = {}
    for name, options in re.findall(r'<select name="(column-\d+)"(.*?)</select>', page.decode(), re.DOTALL):
        selected = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = selected[1] if selected else ""
    return found


def test_an_upload_leads_to_its_columns_and_a_preview_and_imports_nothing(login: Login) -> None:
    page = upload(login("Manager"), name="Old CRM")

    text = words(page.content)
    assert page.redirect_chain[-1][0] == f"/admin/intake/fileimport/{FileImport.objects.get().pk}/columns/"
    assert "1 would be accepted, 1 refused. Nothing is written yet." in text
    assert "Nobody is written to: no e-mail, alert, assignment or task follows from these rows." in text
    assert chosen(page.content) == {"column-0": "contact.name", "column-1": "contact.email", "column-2": ""}
    assert not Delivery.objects.exists()
    assert not MappingVersion.objects.exists()


def test_a_file_that_the_server_keeps_on_disk_while_it_arrives_is_read_like_a_small_one(
    login: Login, settings: Any
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10

    page = upload(login("Manager"), name="Old CRM")

    assert "1 would be accepted, 1 refused." in words(page.content)
    with TableFile.objects.get().opened() as copy:
        copy.seek(0)
        assert copy.read() == FILE.encode()


def test_the_preview_follows_the_choice_and_saves_nothing(login: Login) -> None:
    client = login("Manager")
    page = upload(client, name="Old CRM")
    address = page.redirect_chain[-1][0]
    before = everything()

    page = client.post(address, {**chosen(page.content), "column-1": "", "column-2": "lead.timeframe", "do": "preview"})

    assert "0 would be accepted, 2 refused" in words(page.content)
    assert "Lead: timeframe" in words(page.content)
    assert everything() == before


def test_an_import_is_started_watched_and_its_refused_rows_are_taken(login: Login) -> None:
    client = login("Manager")
    page = upload(client, name="Old CRM")
    started = client.post(page.redirect_chain[-1][0], {**chosen(page.content), "do": "start"}, follow=True)
    one = FileImport.objects.get()
    progress = f"/admin/intake/fileimport/{one.pk}/progress/"
    assert "The import has begun. You may leave this page." in words(started.content)
    assert f'hx-get="{progress}"' in started.content.decode()
    assert "HX-Refresh" not in client.get(progress).headers

    import_file.drain()

    assert client.get(progress).headers["HX-Refresh"] == "true"
    page = client.get(f"/admin/intake/fileimport/{one.pk}/change/")
    assert "2 read = 1 accepted + 0 duplicates + 1 refused" in words(page.content)
    result: Any = client.post(f"/admin/intake/fileimport/{one.pk}/refused/")
    lines = b"".join(result.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "Row,Why it was refused,Code,Name,Email,Stage"
    assert lines[1].startswith('3,"A lead needs an e-mail or a phone.')
    assert lines[1].endswith(",invalid,No Way,,Cold")
    assert AuditEntry.objects.filter(action="import.result_taken", actor_kind="person").count() == 1


def test_two_columns_for_one_field_are_refused(login: Login) -> None:
    client = login("Manager")
    page = upload(client, name="Old CRM")
    address = page.redirect_chain[-1][0]
    before = everything()

    page = client.post(address, {**chosen(page.content), "column-2": "contact.name", "do": "start"})

    assert "Contact: name is filled by 2 columns. Choose one of them." in words(page.content)
    assert everything() == before


def test_a_file_that_is_no_table_and_a_missing_or_doubled_name_are_refused_at_the_form(login: Login) -> None:
    client = login("Manager")
    source = make.source(slug="old-crm", name="Old CRM")
    before = everything()

    answers = [
        words(upload(client, b"<html>", name="New").content),
        words(upload(client).content),
        words(upload(client, name="New", source=str(source.pk)).content),
        words(upload(client, name="Old CRM").content),
        words(client.post(UPLOAD, {"name": "New", "kind": "lead"}).content),
    ]

    for answer, why in zip(
        answers,
        (
            "This is a web page or XML and not a table.",
            "Choose a source above, or name a new one.",
            "Choose a source above, or name a new one, not both.",
            "There is a source old-crm already",
            "This field is required.",
        ),
        strict=True,
    ):
        assert why in answer
    assert everything() == before


def test_a_draft_can_be_put_away_and_a_started_import_has_no_columns_page(login: Login) -> None:
    client = login("Manager")
    page = upload(client, name="Old CRM")
    one = FileImport.objects.get()

    client.post(f"/admin/intake/fileimport/{one.pk}/stop/")

    one.refresh_from_db()
    assert one.state == FileImport.State.STOPPED
    assert client.get(page.redirect_chain[-1][0]).status_code == 302


def test_who_may_import_but_not_publish_cannot_change_the_mapping(login: Login) -> None:
    page = upload(login("Manager"), name="Old CRM")
    group = Group.objects.create(name="Importers")
    group.permissions.set(Permission.objects.filter(codename__in=("add_fileimport", "view_fileimport")))
    client = login("Importers")
    before = everything()

    answer = client.post(page.redirect_chain[-1][0], {**chosen(page.content), "do": "start"})

    assert answer.status_code == 403
    assert everything() == before


def test_the_upload_says_its_limits(login: Login) -> None:
    assert "CSV or Excel (.xlsx), up to 50 MB and 500 columns." in words(login("Manager").get(UPLOAD).content)


# --- Data audits -------------------------------------------------------------------------------------------------


def test_an_audit_is_uploaded_counted_and_made_the_baseline(login: Login) -> None:
    client = login("Manager")
    page = upload(client, address="/admin/intake/dataaudit/add/")
    one = DataAudit.objects.get()
    address = f"/admin/intake/dataaudit/{one.pk}/change/"
    assert page.redirect_chain[-1][0] == address
    assert "HX-Refresh" not in client.get(address, headers={"HX-Request": "true"}).headers

    audit_data.drain()

    assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    page = client.get(address)
    text = words(page.content)
    assert "Cannot be reached 1 50.0 % have no usable e-mail or phone" in text
    assert page.content.count(b'class="chart"') == 2
    assert "ann@" not in text
    client.post(f"/admin/intake/dataaudit/{one.pk}/baseline/")
    one.refresh_from_db()
    assert one.baseline_at is not None
    assert not Delivery.objects.exists()


def test_a_file_that_cannot_be_counted_is_refused_and_not_kept(login: Login) -> None:
    page = upload(login("Manager"), b"", address="/admin/intake/dataaudit/add/")

    assert "The submitted file is empty." in words(page.content)
    assert not TableFile.objects.exists()


# --- A lead by hand ----------------------------------------------------------------------------------------------


def entry(client: Client, address: str = "/admin/intake/lead/add/", **typed: str) -> Any:
    page = client.get(address).content.decode()
    labels = dict(re.findall(r'<label for="id_(field-\d+)"[^>]*>\s*([^<]+?)\s*<', page))
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    names = {label: name for name, label in labels.items()}
    return client.post(
        address, {"token": token[1], **{names[label]: value for label, value in typed.items()}}, follow=True
    )


def test_somebody_types_a_lead_in_and_comes_to_its_page(login: Login) -> None:
    client = login("Reviewer")

    page = entry(client, **{"First name": "Gina", "E-mail": "gina@okafor.net", "Kind": "seller"})

    lead = Lead.objects.get()
    assert page.redirect_chain[-1][0] == f"/admin/intake/lead/{lead.pk}/change/"
    assert f"{lead.reference} is entered." in words(page.content)
    assert re.search(r"Manual, by user\d+, delivery", words(page.content))
    assert lead.kind == "seller"


def test_a_lead_without_an_address_is_refused_in_words(login: Login) -> None:
    page = entry(login("Reviewer"), **{"First name": "Gina"})

    assert "Type an e-mail or a phone. Without one, nobody can answer this lead." in words(page.content)
    assert not Delivery.objects.exists()
    assert not Source.objects.exists()


def test_the_form_of_another_source_has_the_fields_that_its_mapping_reads(login: Login) -> None:
    source = sender(slug="site", name="Site")
    client = login("Reviewer")
    assert '<option value="site">Site</option>' in client.get("/admin/intake/lead/add/").content.decode()

    entry(client, "/admin/intake/lead/add/?source=site", **{"Phone": "3128675309", "MLS number": "A-1"})

    lead = Lead.objects.get()
    assert (lead.source, lead.property.mls_id if lead.property else "") == (source, "A-1")


def test_a_source_that_cannot_be_typed_in_for_says_so(login: Login) -> None:
    make.source(slug="bare")

    page = login("Reviewer").get("/admin/intake/lead/add/?source=bare")

    assert "cannot be typed in" in words(page.content)
