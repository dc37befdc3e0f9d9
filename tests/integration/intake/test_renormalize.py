"""Past records are normalized again from their raw bytes: seen first, resumable, and never over a person's edit."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now
from django.test import Client

from intake.models import Contact, Item, Lead, Renormalization, Source
from intake.services import process, renormalize
from intake.services.renormalize import CannotRenormalize, apply_difference, begin, drain
from intake.signals import records_changed
from intake.tasks import normalize_again
from tests import factories as make
from tests.integration.admin.test_looking_changes_nothing import everything
from tests.integration.intake.senders import WEBSITE, draft_of, publish_document, send, send_and_process, sender
from trail.leases import MAX_CRASHES
from trail.models import AuditEntry
from trail.record import STEWARD, Actor
from trail.transitions import IllegalTransition

pytestmark = pytest.mark.django_db
DANA = Actor.person("dana")
RULES = [rule for rule in WEBSITE["fields"] if rule["to"] != "contact.name"]
# The first dictionary has first and last name the wrong way round.
WRONG: dict[str, Any] = {
    **WEBSITE,
    "fields": [
        *RULES,
        {"to": "contact.first_name", "first_of": ["last"]},
        {"to": "contact.last_name", "first_of": ["first"]},
    ],
}
RIGHT: dict[str, Any] = {
    **WEBSITE,
    "fields": [
        *RULES,
        {"to": "contact.first_name", "first_of": ["first"]},
        {"to": "contact.last_name", "first_of": ["last"]},
        {"to": "contact.city", "first_of": ["town"]},
        {"to": "lead.campaign", "first_of": ["campaign"]},
    ],
}


def lead(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "first": "Ann", "last": "Lee", "email": f"ann{number}@example.com", **more}


def office(*records: dict[str, Any]) -> Source:
    """A source whose past records were mapped wrong, and whose dictionary is right by now."""
    source = sender(WRONG)
    send_and_process(source, *records)
    publish_document(source, RIGHT)
    return source


def run_of(source: Source, number: int = 2) -> Renormalization:
    run = begin(source.mappings.get(number=number).pk, by=DANA)
    while drain():
        pass
    run.refresh_from_db()
    return run


def applied(run: Renormalization) -> Renormalization:
    apply_difference(run.pk, by=DANA, reason="Names were swapped.")
    while drain():
        pass
    run.refresh_from_db()
    return run


def names() -> list[tuple[str, str]]:
    return list(Contact.objects.order_by("pk").values_list("first_name", "last_name"))


def test_the_same_version_gives_the_stored_hash_again_and_changes_nothing() -> None:
    source = sender(WRONG)
    send_and_process(source, lead(1), lead(2, phone="not a phone"))
    assert all(len(item.output_hash) == 64 for item in Item.objects.all())

    run = run_of(source, 1)

    assert (run.state, run.worked, run.differing, run.unreproduced) == ("compared", 2, 0, 0)
    before = everything()
    applied(run)
    changed = {name for name, rows in everything().items() if rows != before[name]}
    assert changed == {"intake.renormalization", "trail.auditentry"}


def test_a_hash_that_is_not_reproduced_is_told() -> None:
    source = sender(WRONG)
    send_and_process(source, lead(1), lead(2))
    Item.objects.filter(record_id="2").update(output_hash="0" * 64)

    assert run_of(source, 1).unreproduced == 1


def test_the_difference_is_shown_first_and_only_then_applied() -> None:
    source = office(lead(1, town="Austin"), lead(2))
    assert names() == [("Lee", "Ann"), ("Lee", "Ann")]

    run = run_of(source)

    assert names() == [("Lee", "Ann"), ("Lee", "Ann")]
    assert (run.state, run.total, run.differing) == ("compared", 2, 2)
    assert run.result["fields"]["contact.first_name"] == {"changed": 2}
    assert run.result["fields"]["contact.city"] == {"gained": 1}
    assert run.samples["contact.first_name"]["changed"][0]["new"] == "Ann"

    applied(run)

    assert names() == [("Ann", "Lee"), ("Ann", "Lee")]
    assert list(Contact.objects.order_by("pk").values_list("city", "revision")) == [("Austin", 2), ("", 2)]
    item = Item.objects.get(record_id="1")
    assert (item.mapping.number, item.values["contact.first_name"]["value"]) == (2, "Ann")
    assert Contact.objects.order_by("pk")[0].provenance["city"]["mapping"] == str(run.mapping)
    assert (run.state, run.applied, run.samples) == ("done", {"changed": 2, "contacts": 2}, {})
    assert AuditEntry.objects.filter(action="item.renormalized").count() == 2
    assert AuditEntry.objects.get(action="renormalization.applied").reason == "Names were swapped."


def test_what_a_person_edited_stays_and_the_fields_beside_it_are_mended() -> None:
    source = office(lead(1, town="Austin"))
    contact = Contact.objects.get()
    contact.first_name = "Annie"
    contact.provenance["first_name"] |= {"origin": "person", "by": "dana"}
    contact.save()

    applied(run_of(source))

    contact.refresh_from_db()
    assert (contact.first_name, contact.last_name, contact.city) == ("Annie", "Lee", "Austin")
    assert contact.provenance["first_name"]["origin"] == "person"


def test_a_newer_record_s_word_is_not_replaced_by_an_older_record_s() -> None:
    source = sender(WRONG)
    send_and_process(source, lead(1, email="a@b.example", town="Dallas", at="2026-01-01T00:00:00Z"))
    publish_document(source, RIGHT)
    send_and_process(source, lead(2, email="a@b.example", town="Austin", at="2026-02-01T00:00:00Z"))

    applied(run_of(source))

    assert Contact.objects.get().city == "Austin"


def test_only_records_that_really_changed_are_told_to_whoever_pushes() -> None:
    source = office(lead(1), lead(2, last="Ann"))  # swapped or not, her names are the same
    run = run_of(source)
    told: list[set[int]] = []

    def listen(contact_ids: set[int], **_: Any) -> None:
        told.append(set(contact_ids))

    records_changed.connect(listen)
    try:
        applied(run)
    finally:
        records_changed.disconnect(listen)

    one, other = Contact.objects.order_by("pk")
    assert set().union(*told) == {one.pk}
    assert (one.revision, other.revision) == (2, 1)


def test_the_lead_gets_its_own_fields_and_its_state_stays() -> None:
    source = office(lead(1, campaign="spring"))
    Item.objects.update(state=Item.State.IN_CRM)

    applied(run_of(source))

    assert Lead.objects.get().campaign == "spring"
    assert Item.objects.get().state == Item.State.IN_CRM


def test_a_record_that_would_be_somebody_else_or_no_longer_usable_stays_as_it_is() -> None:
    source = sender(WRONG)
    send_and_process(source, lead(1, mail="other@example.com"), lead(2))
    rules = [{**rule, "first_of": ["mail"]} if rule["to"] == "contact.email" else rule for rule in RIGHT["fields"]]
    publish_document(source, {**RIGHT, "fields": rules})
    before = Contact.objects.order_by("pk").values_list("first_name", "revision")
    was = list(before)

    run = applied(run_of(source))

    assert run.result["rekeyed"] == 1
    assert run.result["stops"] == {"contact": 1}
    assert run.applied == {"rekeyed": 1, "kept": 1}
    assert list(before.all()) == was
    assert Contact.objects.count() == 2


def test_a_run_that_dies_in_the_middle_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renormalize, "BATCH", 2)
    source = office(*(lead(number) for number in range(5)))
    run = run_of(source)
    apply_difference(run.pk, by=DANA)
    real = renormalize._apply_batch
    calls: list[int] = []

    def dies(*args: Any) -> Any:
        calls.append(1)
        done = real(*args)
        if len(calls) == 2:
            raise KeyboardInterrupt  # after its writes, before they are committed
        return done

    monkeypatch.setattr(renormalize, "_apply_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        drain()
    run.refresh_from_db()
    assert (run.state, run.worked) == ("applying", 2)
    assert names() == [("Ann", "Lee")] * 2 + [("Lee", "Ann")] * 3
    assert drain() == 0  # its lease still runs
    Renormalization.objects.update(lease_until=Now() - timedelta(seconds=1))

    while drain():
        pass

    run.refresh_from_db()
    assert (run.state, run.applied) == ("done", {"changed": 5, "contacts": 5})
    assert names() == [("Ann", "Lee")] * 5
    assert set(Contact.objects.values_list("revision", flat=True)) == {2}


def test_a_run_on_which_five_workers_died_is_stopped_and_holds_back_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(office(lead(1)).mappings.get(number=2).pk, by=DANA)

    def bug(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(renormalize, "_read_again", bug)
    for _ in range(MAX_CRASHES):
        with pytest.raises(RuntimeError):
            drain()
        Renormalization.objects.update(lease_until=Now() - timedelta(seconds=1))

    assert drain() == 0
    run.refresh_from_db()
    assert (run.state, run.lease_token) == ("stopped", None)
    assert "stopped 5 workers" in AuditEntry.objects.get(action="renormalization.stopped").reason
    assert drain() == 0


def test_a_run_that_is_stopped_writes_nothing_more() -> None:
    source = office(lead(1))
    run = run_of(source)
    apply_difference(run.pk, by=DANA)
    Renormalization.objects.get(pk=run.pk).stop(by=DANA)

    assert drain() == 0
    assert names() == [("Lee", "Ann")]
    with pytest.raises(IllegalTransition):
        apply_difference(run.pk, by=DANA)


def test_a_worker_whose_run_was_stopped_meanwhile_takes_its_batch_back(monkeypatch: pytest.MonkeyPatch) -> None:
    source = office(lead(1))
    run = run_of(source)
    apply_difference(run.pk, by=DANA)
    real = renormalize._read_again

    def stopped_meanwhile(*args: Any) -> Any:
        Renormalization.objects.get(pk=run.pk).stop(by=DANA)
        return real(*args)

    monkeypatch.setattr(renormalize, "_read_again", stopped_meanwhile)
    drain()

    assert names() == [("Lee", "Ann")]
    run.refresh_from_db()
    assert (run.state, run.applied) == ("stopped", {})


def test_a_draft_is_not_applied_to_past_records_and_one_run_of_a_source_is_enough() -> None:
    source = office(lead(1))
    with pytest.raises(CannotRenormalize, match="draft"):
        begin(draft_of(source, RIGHT).pk, by=DANA)
    begin(source.mappings.get(number=2).pk, by=DANA)
    with pytest.raises(CannotRenormalize, match="not finished"):
        begin(source.mappings.get(number=1).pk, by=DANA)

    assert Renormalization.objects.count() == 1


def test_publish_roll_back_and_normalize_hundreds_of_records_again_with_a_person_s_edit_surviving() -> None:
    """The bench does the same with 10,000 (tests/bench/mapping.py)."""
    source = sender(WRONG)
    for start in range(0, 300, 100):
        send(source, *(lead(number) for number in range(start, start + 100)))
    process.drain()
    edited = Contact.objects.order_by("pk")[7]
    Contact.objects.filter(pk=edited.pk).update(
        first_name="Annie", provenance={**edited.provenance, "first_name": {"origin": "person", **EDIT}}
    )
    publish_document(source, RIGHT)
    run = applied(run_of(source))
    assert (run.worked, run.applied["changed"]) == (300, 300)
    assert Contact.objects.filter(first_name="Ann", last_name="Lee").count() == 299

    applied(run_of(source, 1))  # and back again

    assert Contact.objects.filter(first_name="Lee", last_name="Ann").count() == 299
    edited.refresh_from_db()
    assert (edited.first_name, edited.last_name) == ("Annie", "Ann")


EDIT = {"occurred_at": "2026-11-24T10:00:00+00:00", "path": "", "by": "dana", "item": ""}


def told_by(*arguments: str) -> str:
    out = StringIO()
    call_command("renormalize", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_shows_the_difference_and_applies_it_only_when_asked_to() -> None:
    source = office(lead(1, town="Austin"), lead(2))

    shown = told_by(source.slug)

    assert "2 of 2 records differ; 0 could not be used, 0 have other keys; 0 did not give their stored hash." in shown
    assert "  contact.city: 1 gained\n" in shown
    assert "Nothing was changed." in shown
    assert names() == [("Lee", "Ann")] * 2

    assert "Applied: 2 changed, 2 contacts" in told_by(source.slug, "--apply")  # goes on with the same run
    assert names() == [("Ann", "Lee")] * 2
    assert Renormalization.objects.count() == 1


def test_the_command_refuses_what_is_not_there() -> None:
    source = office(lead(1))

    for arguments in (["nowhere"], [source.slug, "--mapping", "7"]):
        with pytest.raises(CommandError):
            told_by(*arguments)
    assert Renormalization.objects.count() == 0


def test_the_command_does_not_go_on_with_a_run_by_another_version_unless_told_to() -> None:
    source = office(lead(1, town="Austin"))
    older = source.mappings.get(number=1)
    run = begin(older.pk, by=STEWARD)
    drain()

    with pytest.raises(CommandError, match="A run by version 1 is not finished"):
        told_by(source.slug, "--apply")

    run.refresh_from_db()
    assert (run.state, Renormalization.objects.count()) == ("compared", 1)
    assert "again by version 1" in told_by(source.slug, "--mapping", "1")


def test_a_manager_normalizes_past_records_again_from_the_mapping_s_page(client: Client) -> None:
    source = office(lead(1))
    client.force_login(make.user("Manager"))
    version = source.mappings.get(number=2)

    client.post(f"/admin/intake/mappingversion/{version.pk}/again/")
    run = Renormalization.objects.get()
    page = client.get(f"/admin/intake/renormalization/{run.pk}/change/").content
    assert b'hx-trigger="every 2s"' in page
    normalize_again()
    page = client.get(f"/admin/intake/renormalization/{run.pk}/change/").content
    assert b'hx-trigger="every 2s"' not in page
    assert b"contact.first_name: 1 changed" in page
    client.post(f"/admin/intake/renormalization/{run.pk}/apply/", {"reason": "Names were swapped."})
    normalize_again()

    run.refresh_from_db()
    assert (run.state, names()) == ("done", [("Ann", "Lee")])
