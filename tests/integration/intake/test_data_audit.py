"""Data audits: counted by a worker or by the command, kept as the baseline, nothing imported."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from intake.models import Contact, DataAudit, Delivery, FileChunk, TableFile
from intake.services import audit_data
from intake.services.audit_data import ask_audit
from tests import factories as make
from trail.leases import MAX_CRASHES
from trail.models import AuditEntry
from trail.record import Actor

pytestmark = pytest.mark.django_db

DANA = Actor.person("dana")
EXPORT = "Name,Email,Stage\nAnn Lee,ann@example.org,Hot\nAnn Lee,Ann@example.org,\nBob Roe,bad@,Hot\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "export.csv"
    file.write_text(EXPORT)
    return file


def said(*args: object) -> str:
    out = io.StringIO()
    call_command("audit_data", *[str(one) for one in args], stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_a_worker_counts_an_uploaded_file_and_imports_nothing() -> None:
    one = ask_audit(make.table_file(EXPORT), by=DANA)

    assert audit_data.drain() == 1

    one.refresh_from_db()
    assert (one.state, one.rows, one.report["unreachable"]) == (DataAudit.State.DONE, 3, 1)
    assert [(row["by"], row["extra"]) for row in one.report["duplicates"]] == [
        ("E-mail", 1),
        ("Phone", 0),
        ("Name and address", 0),
    ]
    assert not Delivery.objects.exists()
    assert not Contact.objects.exists()
    assert audit_data.drain() == 0


def test_an_uploaded_file_is_deleted_as_soon_as_it_is_counted_or_cannot_be() -> None:
    counted, broken = (ask_audit(make.table_file(EXPORT), by=DANA) for _ in range(2))
    broken.file.chunks.update(content=b"a" * 2_200_000)  # type: ignore[union-attr]

    audit_data.drain()

    for one, state in ((counted, DataAudit.State.DONE), (broken, DataAudit.State.FAILED)):
        one.refresh_from_db()
        assert (one.state, one.file) == (state, None)
    assert not TableFile.objects.exists()
    assert not FileChunk.objects.exists()


def test_the_command_prints_what_the_worker_counts(path: Path) -> None:
    one = ask_audit(make.table_file(EXPORT), by=DANA)
    audit_data.drain()
    one.refresh_from_db()

    assert json.loads(said(path, "--json")) == one.report
    table = said(path)
    assert "export.csv: 3 rows" in table
    assert "Without a usable e-mail or phone: 1 (33.3 %)" in table
    assert "Same e-mail: 2 rows in 1 groups, 1 more than one each; for example rows 2, 3" in table
    assert [line.split() for line in table.splitlines() if line.startswith("Email")] == [
        ["Email", "contact.email", "100.0", "%", "33.3", "%", "3"]
    ]
    assert "ann@" not in table.lower()
    assert DataAudit.objects.count() == 1


def test_the_command_keeps_the_figures_as_the_baseline(path: Path) -> None:
    before = make.data_audit()
    before.make_baseline(by=DANA)

    said(path, "--baseline")

    assert list(DataAudit.objects.filter(baseline_at__isnull=False).values_list("name", "rows")) == [("export.csv", 3)]
    assert AuditEntry.objects.filter(action="data_audit.made_baseline").count() == 2


def test_the_command_refuses_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"<html>")

    for name, why in (("gone.csv", "cannot be read"), ("x.csv", "web page")):
        with pytest.raises(CommandError, match=why):
            said(tmp_path / name)


def test_an_audit_whose_worker_died_is_counted_anew_and_gives_up_after_five(monkeypatch: pytest.MonkeyPatch) -> None:
    one = ask_audit(make.table_file(EXPORT), by=DANA)

    def bug(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(audit_data, "audit_table", bug)
        for _ in range(MAX_CRASHES):
            audit_data.drain()
            DataAudit.objects.update(lease_until=one.created_at - timedelta(hours=1))
    one.refresh_from_db()
    assert (one.state, one.crashes) == (DataAudit.State.WAITING, MAX_CRASHES - 1)
    audit_data.drain()

    one.refresh_from_db()
    assert (one.state, one.crashes) == (DataAudit.State.FAILED, MAX_CRASHES)
