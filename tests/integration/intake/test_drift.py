"""What sources send is watched after the fact: sightings are counted once, and each change raises one alert."""

from __future__ import annotations

from typing import Any

import pytest

from intake.models import DriftCursor, FieldSighting, Item, Lead, Source, WordSighting
from intake.services import watch_drift
from intake.tasks import watch_payload_fields
from tests.integration.intake.senders import MLS, WEBSITE, publish_document, send_and_process, sender
from trail.models import Alert, AuditEntry, Heartbeat
from trail.record import Actor

pytestmark = pytest.mark.django_db

ANN = {"id": "1", "name": "Ann Lee", "email": "ann@example.com", "phone": "(312) 867-5309"}


def watch() -> int:
    """Two looks: the first one only notes how far the items go, for those on their way have arrived by the second."""
    return watch_drift.watch() + watch_drift.watch()


def lead(number: int, **more: Any) -> dict[str, Any]:
    record = {**ANN, "id": str(number), "email": f"ann{number}@example.com", **more}
    return {name: value for name, value in record.items() if value is not ...}


def learned(document: dict[str, Any] = WEBSITE, *records: dict[str, Any], **fields: Any) -> Source:
    """A source whose usual payload has been seen."""
    source = sender(document, **fields)
    send_and_process(source, *(records or (lead(0),)))
    watch()
    return source


def alerts() -> list[tuple[str, str, Any]]:
    return [(one.kind, one.state, one.detail["suggestion"]) for one in Alert.objects.order_by("id")]


def test_paths_are_counted_with_type_fill_and_a_masked_sample() -> None:
    source = sender()
    send_and_process(source, lead(1, message="Hello"), lead(2, message=""))

    assert watch_drift.watch() == 0  # what is on its way may still arrive below the newest
    assert watch_drift.watch() == 2
    assert watch_drift.watch() == 0

    row = FieldSighting.objects.get(path="message")
    assert (row.types, row.sample, row.records, row.count, row.filled, row.absent) == (["text"], "Aaaaa", 2, 2, 1, 1)
    phone = FieldSighting.objects.get(path="phone")
    assert (phone.sample, phone.records, phone.filled, phone.absent) == ("(999) 999-9999", 2, 2, 0)
    assert phone.first_seen == phone.last_seen == Item.objects.first().received_at
    assert Alert.objects.count() == 0  # nothing is news at a source that is seen for the first time


def test_a_new_path_raises_one_alert_with_a_suggestion_and_mapping_it_resolves_the_alert() -> None:
    source = learned()
    send_and_process(source, lead(1, work_email="a@b.example", zpid=12))
    watch()
    send_and_process(source, lead(2, work_email="c@d.example", zpid=13))
    watch()

    assert alerts() == [
        ("field.new", "open", {"path": "work_email", "to": "contact.email"}),
        ("field.new", "open", {"path": "zpid", "to": ""}),
    ]
    assert AuditEntry.objects.filter(action="alert.opened").count() == 2

    rules = [{**rule, "first_of": ["email", "work_email"]} for rule in WEBSITE["fields"] if "email" in rule["to"]]
    publish_document(source, {**WEBSITE, "fields": rules, "ignore": ["zp*"]})
    watch()

    assert [state for _, state, _ in alerts()] == ["resolved", "resolved"]


def test_a_whole_new_form_raises_one_alert_and_not_one_per_field() -> None:
    source = learned()
    send_and_process(source, lead(1, **{f"question_{n}": "x" for n in range(11)}))
    watch()

    alert = Alert.objects.get()
    assert alert.title == f"{source.name} sends 11 new fields, question_0 among them"
    assert len(alert.detail["paths"]) == 11


def test_a_type_that_a_path_never_had_raises_one_alert() -> None:
    source = learned()
    send_and_process(source, lead(1, phone=3128675309), lead(2, phone=3128675310), lead(3, phone=None))
    watch()

    assert alerts() == [("field.changed_type", "open", {"path": "phone", "to": "contact.phone"})]
    assert FieldSighting.objects.get(path="phone").types == ["text", "number", "nothing"]


def test_a_vital_path_that_vanishes_raises_one_alert_that_names_its_new_path_and_resolves_when_it_comes_again() -> None:
    source = learned(WEBSITE, *(lead(n) for n in range(30)))
    for batch in range(3):
        send_and_process(source, *(lead(100 + 20 * batch + n, phone=..., mobile="312 867 5309") for n in range(20)))
        watch()

    assert alerts() == [
        ("field.new", "open", {"path": "mobile", "to": "contact.phone"}),
        ("field.vanished", "open", {"path": "mobile", "to": "contact.phone"}),
    ]

    send_and_process(source, lead(200))
    watch()
    assert [state for _, state, _ in alerts()] == ["open", "resolved"]


def test_a_path_that_few_records_fill_is_not_missed_by_chance() -> None:
    source = learned(WEBSITE, *(lead(n, phone=ANN["phone"] if n % 10 == 0 else ...) for n in range(30)))
    send_and_process(source, *(lead(100 + n, phone=...) for n in range(40)))
    watch()

    assert Alert.objects.count() == 0


def test_a_word_that_the_picklist_does_not_know_raises_one_alert_and_every_word_is_counted() -> None:
    source = sender(MLS, kind="listing", origin="mls")
    send_and_process(
        source,
        {"ListingId": "A1", "ListingStatus": "Active"},
        {"ListingId": "A2", "ListingStatus": "Pending - Taking Backups"},
        {"ListingId": "A3", "ListingStatus": "Pending - Taking Backups"},
    )
    watch()

    counted = dict(WordSighting.objects.values_list("word", "count"))
    assert counted == {"Active": 1, "Pending - Taking Backups": 2}
    assert alerts() == [
        (
            "picklist.new_value",
            "open",
            {"to": "property.status", "word": "Pending - Taking Backups", "our_value": ""},
        )
    ]


def test_a_resolved_alert_is_not_raised_again_for_the_same_old_path() -> None:
    source = learned()
    send_and_process(source, lead(1, zpid=1))
    watch()
    Alert.objects.get().resolve(by=Actor.person("dana"))
    send_and_process(source, lead(2, zpid=1))
    watch()

    assert [state for _, state, _ in alerts()] == ["resolved"]


def test_a_source_whose_field_names_never_repeat_does_not_fill_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_drift, "PATHS_PER_SOURCE", 10)
    source = learned()
    send_and_process(source, *(lead(n, **{f"x{n}": 1}) for n in range(1, 20)))
    watch()

    assert FieldSighting.objects.count() == 10


def test_a_fault_in_the_watch_harms_no_lead_and_the_next_look_counts_what_was_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = learned()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(watch_drift, "_count_words", broken)
        send_and_process(source, lead(1))
        with pytest.raises(ZeroDivisionError):
            watch()
        assert FieldSighting.objects.get(path="phone").records == 1
        send_and_process(source, lead(2))

    assert Lead.objects.count() == 3
    watch()
    assert FieldSighting.objects.get(path="phone").records == 3


def test_one_delivery_that_cannot_be_looked_at_is_left_out_and_the_others_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = learned()
    observe = watch_drift.observe

    def odd(record: dict[str, Any], spec: Any) -> Any:
        if record["id"] == "1":
            raise ZeroDivisionError
        return observe(record, spec)

    monkeypatch.setattr(watch_drift, "observe", odd)
    send_and_process(source, lead(1))
    send_and_process(source, lead(2))
    watch()

    assert FieldSighting.objects.get(path="phone").records == 2
    assert DriftCursor.objects.get().position == Item.objects.latest("id").pk


def test_two_who_look_at_once_count_a_record_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = learned()
    send_and_process(source, lead(1))
    watch_drift.watch()
    look = watch_drift._look

    def and_somebody_else_meanwhile(items: list[Item]) -> Any:
        monkeypatch.setattr(watch_drift, "_look", look)
        watch_drift.watch()
        return look(items)

    monkeypatch.setattr(watch_drift, "_look", and_somebody_else_meanwhile)
    send_and_process(source, lead(2))
    watch()

    assert FieldSighting.objects.get(path="phone").records == 3


def test_the_job_leaves_a_heartbeat() -> None:
    watch_payload_fields()

    assert Heartbeat.objects.get(name="watch payload fields").finished_at is not None
