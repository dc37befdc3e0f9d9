"""Files: each row is a lead like any other; a file imported twice, killed, stopped or taken by several is once."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import OperationalError
from openpyxl import Workbook

from intake.models import (
    Acceptance,
    Contact,
    Delivery,
    FileImport,
    Item,
    Lead,
    MappingVersion,
    Property,
    Source,
    TableFile,
)
from intake.selectors import equation
from intake.services import import_file, process
from intake.services.keep_file import FileRefused, keep_file
from intake.services.map_file import columns_of, document_for, preview
from intake.services.open_file_source import SourceNameTaken, open_file_source
from intake.services.receive import receive
from intake.services.redrive import redrive_delivery
from intake.services.start_import import CannotImport, differs, resume_import, start_import, stop_import
from intake.services.tell_refused import refused_heads, refused_rows
from intake.tables import csv_file
from tests import factories as make
from tests.threads import at_once
from trail.leases import MAX_CRASHES
from trail.models import AuditEntry
from trail.record import STEWARD, Actor
from trail.transitions import IllegalTransition

pytestmark = pytest.mark.django_db

DANA = Actor.person("dana")
FILE = """Full Name,Email,Phone,Notes
Ann Lee,ann@example.org,312-867-5309,"Hello,
there"
Bob Roe,bob@example.org,,
No Way,n/a,,nothing to reach me by
Cy Poe,cy@example.org,312-867-5310,one,two
Ann Lee,ann@example.org,312-867-5309,"Hello,
there"
"""
# What an import writes about itself, and what tells of people who looked at it.
_OF_THE_IMPORT = {"intake.fileimport", "intake.tablefile", "intake.filechunk", "intake.refusedrow", "trail.auditentry"}


def begun(text: str = FILE, source: Source | None = None) -> FileImport:
    """An import of this text, started with what its columns look like."""
    one = make.file_import(text, source=source or make.source(scheme="closed"), created_by="dana")
    return start_import(one, {column.name: column.target for column in columns_of(one)}, by=DANA)


def imported(text: str = FILE, source: Source | None = None) -> FileImport:
    one = begun(text, source)
    import_file.drain()
    one.refresh_from_db()
    return one


def figures(one: FileImport) -> tuple[int, int, int, int]:
    one.refresh_from_db()
    return one.position, one.accepted, one.repeats, one.refused


def counts() -> dict[str, int]:
    """How many rows each table has, but for the import's own."""
    return {
        model._meta.label_lower: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.label_lower not in _OF_THE_IMPORT
    }


def many(number: int) -> str:
    lines = [f"Person {place},person{place}@example.org" for place in range(number)]
    return "\n".join(("Name,Email", *lines))


def test_each_row_becomes_a_lead_and_each_refused_row_says_why() -> None:
    one = imported()

    assert (one.state, figures(one)) == (FileImport.State.DONE, (5, 2, 1, 2))
    assert sorted(Contact.objects.values_list("first_name", flat=True)) == ["Ann", "Bob"]
    assert Lead.objects.get(contact__first_name="Ann").message == "Hello,\nthere"
    assert list(one.refused_rows.values_list("number", "code")) == [(4, "invalid"), (5, "too_many_cells")]
    assert equation().counts() == {
        **dict.fromkeys(equation().counts(), 0),
        "accepted": 4,
        "in_progress": 2,
        "dead_letter": 2,
    }


def test_a_row_is_a_delivery_that_names_its_file_row_and_person() -> None:
    one = imported()

    delivery = Delivery.objects.get(items__lead__contact__first_name="Bob")
    lead = Lead.objects.get(contact__first_name="Bob")
    assert (delivery.via, delivery.state) == (Delivery.Via.FILE, Delivery.State.SPLIT)
    assert delivery.headers == {"file": "leads.csv", "import": one.pk, "row": 3, "by": "dana"}
    assert lead.steps.get(step="RECEIVED").proof["by"] == "dana"
    assert AuditEntry.objects.get(action="lead.created", lead_id=lead.pk).actor == "dana"


def test_the_same_file_imported_again_changes_nothing() -> None:
    first = imported()
    before = counts()
    revisions = list(Contact.objects.order_by("pk").values_list("pk", "revision", "updated_at"))

    again = imported(source=first.source)

    assert figures(again) == (5, 0, 5, 0)
    assert counts() == before
    assert list(Contact.objects.order_by("pk").values_list("pk", "revision", "updated_at")) == revisions
    assert again.mapping == first.mapping


def test_a_row_of_a_file_and_the_same_record_by_webhook_are_one() -> None:
    one = imported("ID,Last Modified,Email\n7,2026-11-02T10:00:00Z,ann@example.org\n")

    receive(one.source, b'{"ID": "7", "Last Modified": "2026-11-02T10:00:00Z", "Email": "ann@example.org"}')
    process.drain()

    assert (Item.objects.count(), Lead.objects.count()) == (1, 1)


def test_the_result_holds_each_refused_row_with_its_reason_beside_its_cells() -> None:
    one = imported()

    rows = list(refused_rows(one))

    assert refused_heads(one) == ["Row", "Why it was refused", "Code", "Full Name", "Email", "Phone", "Notes"]
    assert [(row[0], row[2], row[3:]) for row in rows] == [
        (4, "invalid", ["No Way", "n/a", "", "nothing to reach me by"]),
        (5, "too_many_cells", ["Cy Poe", "cy@example.org", "312-867-5310", "one", "two"]),
    ]
    assert rows[0][1].startswith("A lead needs an e-mail or a phone.")


def test_a_row_that_did_not_fit_is_taken_as_it_stands_when_it_is_redriven() -> None:
    one = imported()
    letter = one.refused_rows.get(code="too_many_cells").delivery

    redrive_delivery(letter.pk, by=DANA)
    process.drain()

    assert Lead.objects.get(contact__first_name="Cy").message == "one"


def test_an_excel_file_is_imported_with_its_numbers_and_dates() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Name", "Phone", "Zip", "Created Date"])
    sheet.append(["Ann Lee", 3128675309, 2134, "2026-11-02"])
    content = io.BytesIO()
    book.save(content)

    one = imported(content.getvalue())  # type: ignore[arg-type]

    contact = Contact.objects.get()
    assert figures(one) == (1, 1, 0, 0)
    assert (contact.zip, contact.points.get().key) == ("02134", "+13128675309")


def test_a_worker_that_died_after_storing_a_batch_is_followed_by_one_that_counts_its_rows_as_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = begun()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(import_file, "process_claimed", die)
        with pytest.raises(KeyboardInterrupt):
            import_file.drain()
    assert (Delivery.objects.count(), Item.objects.count(), figures(one)) == (4, 0, (0, 0, 0, 0))
    _expire()
    import_file.drain()

    assert figures(one) == (5, 2, 1, 2)
    assert (one.state, one.crashes) == (FileImport.State.DONE, 0)
    assert equation().lost == 0


def test_a_row_that_does_not_fit_is_no_lead_though_its_worker_died_before_refusing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = begun()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Delivery, "bury", die)
        with pytest.raises(KeyboardInterrupt):
            import_file.drain()
    _expire()
    process.drain()  # whoever sweeps deliveries may be faster than whoever imports
    import_file.drain()

    assert figures(one) == (5, 2, 1, 2)
    assert "too_many_cells" in one.refused_rows.values_list("code", flat=True)
    assert not Lead.objects.filter(contact__first_name="Cy").exists()


def test_a_worker_that_died_after_processing_a_batch_is_followed_by_one_that_counts_its_rows_as_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = begun()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(import_file, "_advance", die)
        with pytest.raises(KeyboardInterrupt):
            import_file.drain()
    assert (Lead.objects.count(), figures(one)) == (2, (0, 0, 0, 0))
    _expire()
    import_file.drain()

    assert figures(one) == (5, 2, 1, 2)
    assert (Lead.objects.count(), Delivery.objects.count()) == (2, 4)


def test_an_import_goes_on_at_the_exact_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "BATCH", 10)
    one = begun(many(35))

    with pytest.raises(KeyboardInterrupt):
        import_file.work_off_next(told=_interrupt_at(20))
    _expire()
    seen: list[int] = []
    import_file.work_off_next(told=lambda at: seen.append(at.position))

    assert seen == [30, 35]
    assert figures(one) == (35, 35, 0, 0)
    assert Lead.objects.count() == 35


def test_an_import_that_is_stopped_takes_no_further_row_and_goes_on_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "BATCH", 10)
    one = begun(many(35))

    def stop(at: FileImport) -> None:
        if at.position == 20:
            stop_import(FileImport.objects.get(pk=at.pk), by=DANA)

    import_file.work_off_next(told=stop)
    assert (figures(one), one.state) == ((20, 20, 0, 0), FileImport.State.STOPPED)
    resume_import(one, by=DANA)
    import_file.drain()

    assert (figures(one), one.state) == ((35, 35, 0, 0), FileImport.State.DONE)
    actions = (
        AuditEntry.objects.filter(subject_type="intake.fileimport").order_by("id").values_list("action", flat=True)
    )
    assert list(actions) == ["import.started", "import.stopped", "import.resumed", "import.finished"]


def test_the_import_of_a_paused_source_rests_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "BATCH", 10)
    one = begun(many(25))

    def pause(at: FileImport) -> None:
        if at.position == 10:
            Source.objects.get(pk=at.source_id).pause(by=DANA, reason="Mapping.")

    import_file.work_off_next(told=pause)
    assert (figures(one), one.state, one.lease_token) == ((10, 10, 0, 0), FileImport.State.WAITING, None)
    assert not import_file.work_off_next()
    Source.objects.get(pk=one.source_id).resume(by=DANA)
    FileImport.objects.update(next_attempt_at=one.created_at)
    import_file.drain()

    assert figures(one) == (25, 25, 0, 0)


def test_a_row_that_breaks_the_processing_becomes_poison_and_holds_back_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = begun(many(5))
    original = process.understand

    def understand(delivery: Delivery, *rest: object) -> object:
        if delivery.headers["row"] == 4:
            raise RuntimeError("a bug")
        return original(delivery, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(process, "understand", understand)
    for _ in range(MAX_CRASHES + 1):
        import_file.drain()
        _expire()

    assert (figures(one), one.state) == ((5, 4, 0, 1), FileImport.State.DONE)
    assert one.refused_rows.get().code == "poison"


def test_a_file_that_kills_five_workers_fails_in_words_and_goes_on_when_a_person_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = begun(many(5))

    def bug(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(import_file, "_store", bug)
        for _ in range(MAX_CRASHES + 1):
            import_file.drain()
            _expire()
    one.refresh_from_db()
    assert (one.state, one.crashes) == (FileImport.State.FAILED, MAX_CRASHES)
    assert "stopped the worker 5 times" in one.error_message

    resume_import(one, by=DANA)
    import_file.drain()

    assert (figures(one), one.state, one.error_message) == ((5, 5, 0, 0), FileImport.State.DONE, "")


def test_a_file_that_is_broken_in_the_middle_fails_and_keeps_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "BATCH", 2)
    one = begun(many(5))
    monkeypatch.setattr(csv_file, "LINE", 40)
    FileImport.objects.update(rows=5)
    longer = "\n".join((many(3), f"{'x' * 60},p@example.org"))
    chunk = one.file.chunks.get()
    chunk.content = longer.encode()
    chunk.save()

    import_file.drain()

    assert (figures(one), one.state) == ((2, 2, 0, 0), FileImport.State.FAILED)
    assert one.error_message.endswith("The rows before that place were imported.")


def test_a_database_in_trouble_puts_the_import_off_without_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    one = begun()

    def trouble(*_: object) -> None:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(import_file, "_store", trouble)
        with pytest.raises(OperationalError):
            import_file.drain()
    one.refresh_from_db()
    assert (one.crashes, one.lease_token, one.state) == (0, None, FileImport.State.WAITING)


def test_a_worker_whose_lease_ran_out_counts_nothing() -> None:
    one = begun()

    def lose(at: FileImport) -> None:
        FileImport.objects.filter(pk=at.pk).update(lease_token=1)

    import_file.work_off_next(told=lose)

    assert figures(one) == (0, 0, 0, 0)
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_file_taken_up_by_many_workers_at_once_is_imported_once() -> None:
    one = begun(many(150))

    at_once(4, import_file.drain)

    assert figures(one) == (150, 150, 0, 0)
    assert Acceptance.objects.filter(kind="item").count() == Lead.objects.count() == 150


# --- Mapping and preview -----------------------------------------------------------------------------------------


def test_a_preview_says_what_the_import_will_do_and_writes_nothing() -> None:
    one = make.file_import(FILE)
    targets = {column.name: column.target for column in columns_of(one)}
    before = counts()

    shown = preview(one, document_for(one, targets), 10)

    assert counts() == before
    assert [bool(row.problems) for row in shown] == [False, False, True, True, False]
    start_import(one, targets, by=DANA)
    import_file.drain()
    item = Item.objects.get(delivery__headers__row=2)
    assert {name: value.value for name, value in shown[0].values.items()} == {
        name: value["value"] for name, value in item.values.items()
    }


def test_what_was_chosen_for_the_columns_is_published_once() -> None:
    first = begun()
    targets = {column.name: column.target for column in columns_of(first)}
    second = make.file_import(FILE, source=first.source)

    assert not differs(second, targets)
    assert differs(second, {**targets, "Notes": ""})
    start_import(second, {**targets, "Notes": ""}, by=DANA)

    assert list(first.source.mappings.order_by("number").values_list("number", "state")) == [
        (1, MappingVersion.State.RETIRED),
        (2, MappingVersion.State.PUBLISHED),
    ]


def test_a_source_with_a_webhook_keeps_its_mapping() -> None:
    source = make.source()
    version = make.mapping_version(source=source, state="published")
    make.field_mapping(mapping=version, first_of=["Email"])
    one = make.file_import(FILE, source=source)
    targets = {column.name: column.target for column in columns_of(one)}

    start_import(one, {**targets, "Phone": "contact.phone"}, by=DANA)

    assert targets == {"Full Name": "", "Email": "contact.email", "Phone": "", "Notes": ""}
    assert one.mapping == version
    assert source.mappings.count() == 1


def test_an_import_of_which_nothing_would_be_read_does_not_begin() -> None:
    one = make.file_import(FILE)

    with pytest.raises(CannotImport):
        start_import(one, dict.fromkeys(("Full Name", "Email", "Phone", "Notes"), ""), by=DANA)

    one.refresh_from_db()
    assert (one.state, MappingVersion.objects.count()) == (FileImport.State.DRAFT, 0)


def test_of_two_people_who_start_it_one_does_and_nothing_is_published_twice() -> None:
    one = make.file_import(FILE)
    targets = {column.name: column.target for column in columns_of(one)}
    other = FileImport.objects.get(pk=one.pk)
    start_import(one, targets, by=DANA)

    with pytest.raises(CannotImport, match="Somebody else"):
        start_import(other, {**targets, "Notes": ""}, by=DANA)

    assert MappingVersion.objects.count() == 1


def test_what_was_never_started_cannot_go_on_and_what_has_ended_cannot_be_stopped() -> None:
    draft, done = make.file_import(), imported()
    stop_import(draft, by=DANA)

    with pytest.raises(CannotImport):
        resume_import(draft, by=DANA)
    with pytest.raises(IllegalTransition):
        stop_import(done, by=DANA)


def test_listings_are_imported_too() -> None:
    source = make.source(scheme="closed", kind="listing")

    one = imported("MLS #,Address,List Price,Status\nA-1,1 W Oak St,$450000,Active\n,2 W Oak St,,\n", source)

    home = Property.objects.get()
    assert (home.mls_id, home.price, home.street, figures(one)) == ("A-1", 450000, "1 W Oak St", (2, 1, 0, 1))


# --- Files and sources -------------------------------------------------------------------------------------------


def test_a_file_is_kept_byte_for_byte_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intake.services.keep_file.CHUNK", 7)
    file = make.table_file(FILE)

    with file.opened() as copy:
        copy.seek(0)
        assert copy.read() == FILE.encode()
    assert file.chunks.count() > 4


@pytest.mark.parametrize("content", [b"", b"Name,Email\n", b"\xd0\xcf\x11\xe0", b"<html>"])
def test_what_is_no_table_is_refused_and_not_kept(content: bytes) -> None:
    with pytest.raises(FileRefused):
        keep_file(io.BytesIO(content), "x.csv", by=STEWARD)

    assert not TableFile.objects.exists()


def test_a_file_that_is_too_large_is_refused_with_the_limit(settings: pytest.FixtureRequest) -> None:
    settings.IMPORT_MAX_BYTES = 10  # type: ignore[attr-defined]

    with pytest.raises(FileRefused, match="500 columns"):
        keep_file(io.BytesIO(FILE.encode()), "x.csv", by=STEWARD)


def test_a_source_for_files_has_no_webhook_and_writes_to_nobody() -> None:
    source = open_file_source("Old CRM", by=DANA)

    assert (source.slug, source.scheme) == ("old-crm", "closed")
    assert source.workflow is not None
    assert set(source.workflow.steps.values()) == {False}
    with pytest.raises(SourceNameTaken):
        open_file_source("Old CRM", by=DANA)
    assert open_file_source("Another", by=DANA).workflow == source.workflow


# --- The command -------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: object) -> object:
    file = tmp_path / "leads.csv"  # type: ignore[operator]
    file.write_text(FILE)
    return file


def told(*args: object) -> str:
    out = io.StringIO()
    call_command("import_file", *[str(one) for one in args], stdout=out)
    return out.getvalue()


def test_the_command_imports_tells_its_progress_and_writes_the_result(path: object, tmp_path: object) -> None:
    make.source(slug="old", scheme="closed")
    result = tmp_path / "refused.csv"  # type: ignore[operator]

    said = told(path, "--source", "old", "--propose", "--result", result)

    assert "Finished: 5 of 5 rows; accepted 2, duplicates 1, refused 2" in said
    with result.open(encoding="utf-8-sig", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["Row", "4", "5"]
    # Nobody sat there: the source speaks for its leads.
    assert set(AuditEntry.objects.filter(action="lead.created").values_list("actor_kind", "actor")) == {
        ("source", "old")
    }


def test_the_command_goes_on_with_an_import_that_was_killed(path: object) -> None:
    make.source(slug="old", scheme="closed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_file, "BATCH", 2)
        patch.setattr("intake.management.commands.import_file.Command._tell", _interrupting(2))
        with pytest.raises(KeyboardInterrupt):
            told(path, "--source", "old", "--propose")
    _expire()

    said = told(path, "--source", "old")

    assert "Going on after row 2." in said
    assert (FileImport.objects.count(), figures(FileImport.objects.get())) == (1, (5, 2, 1, 2))


def test_the_command_refuses_in_words(path: object, tmp_path: object) -> None:
    make.source(slug="old", scheme="closed")

    for args, why in (
        ((path, "--source", "none"), "There is no source 'none'"),
        ((path, "--source", "old"), "add --propose"),
        ((tmp_path / "gone.csv", "--source", "old"), "cannot be read"),  # type: ignore[operator]
    ):
        with pytest.raises(CommandError, match=why):
            told(*args)
    assert not FileImport.objects.exists()


def _expire() -> None:
    """Let every lease run out."""
    for model in (FileImport, Delivery):
        for row in model.objects.filter(lease_until__isnull=False):
            model.objects.filter(pk=row.pk).update(lease_until=row.lease_until - timedelta(hours=1))
        model.objects.update(next_attempt_at=make.moment())


def _interrupt_at(position: int) -> import_file.Told:
    def told(one: FileImport) -> None:
        if one.position == position:
            raise KeyboardInterrupt

    return told


def _interrupting(position: int) -> object:
    def _tell(_: object, one: FileImport) -> None:
        _interrupt_at(position)(one)

    return _tell
