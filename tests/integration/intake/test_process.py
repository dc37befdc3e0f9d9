"""From a delivery's bytes to contacts, properties and leads; nothing lost, nothing doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models import F

from intake.identity import identify
from intake.models import (
    Acceptance,
    Contact,
    ContactPoint,
    Delivery,
    Item,
    Lead,
    PossibleDuplicate,
    Property,
    Source,
    TrailStep,
)
from intake.records import CleanRecord, ContactPointRecord, ContactRecord
from intake.selectors import equation
from intake.services import process, resolve
from intake.services.merge_values import Provenance
from intake.services.receive import receive
from intake.services.resolve import Resolver
from tests import factories
from tests.integration.intake.senders import MLS, send, send_and_process, sender
from trail.leases import MAX_CRASHES, database_now
from trail.models import AuditEntry
from trail.record import Actor
from trail.transitions import LostRace

pytestmark = pytest.mark.django_db

DANA = Actor.person("dana")
ANN = {"id": "1", "name": "ann LEE", "email": " Ann@Example.com ", "phone": "(312) 867-5309", "message": "Hello"}


def test_a_lead_becomes_a_contact_a_lead_and_the_first_two_steps() -> None:
    delivery = send_and_process(sender(), ANN)

    contact = Contact.objects.get()
    lead = Lead.objects.get()
    assert (contact.first_name, contact.last_name, contact.revision) == ("Ann", "Lee", 1)
    assert set(ContactPoint.objects.values_list("kind", "value", "key")) == {
        ("email", "ann@example.com", "ann@example.com"),
        ("phone", "3128675309", "+13128675309"),
    }
    assert (lead.contact, lead.message, lead.item.state) == (contact, "Hello", Item.State.IN_PROGRESS)
    assert list(lead.steps.values_list("step", flat=True))[:2] == ["RECEIVED", "NORMALIZED"]
    assert delivery.state == Delivery.State.SPLIT
    assert contact.provenance["first_name"]["path"] == "name"
    assert set(AuditEntry.objects.filter(subject_type__startswith="intake").values_list("action", flat=True)) >= {
        "contact.created",
        "lead.created",
        "delivery.split",
    }
    assert Acceptance.objects.count() == 3  # the delivery, its split, its item


def test_the_same_record_in_another_delivery_is_a_repeat_and_changes_nothing() -> None:
    source = sender()
    send_and_process(source, ANN, event_id="first")

    again = send_and_process(source, ANN, event_id="second")

    assert (again.state, again.repeats) == (Delivery.State.SPLIT, 1)
    assert (Item.objects.count(), Lead.objects.count(), Contact.objects.get().revision) == (1, 1, 1)


def test_the_same_id_with_other_content_is_a_conflict_that_is_kept() -> None:
    source = sender()
    send_and_process(source, ANN)

    send_and_process(source, {**ANN, "message": "Something else"})

    assert sorted(Item.objects.values_list("state", flat=True)) == [Item.State.CONFLICT, Item.State.IN_PROGRESS]
    assert Lead.objects.get().message == "Hello"


def test_a_new_version_of_a_listing_updates_its_property() -> None:
    source = sender(MLS, kind=Source.Kind.LISTING, origin=Source.Origin.MLS)
    listing = {"ListingId": "A-1", "ListPrice": "450,000", "ListingStatus": "Active"}
    send_and_process(source, {**listing, "ModificationTimestamp": "2026-11-01T10:00:00Z"})

    send_and_process(source, {**listing, "ListPrice": 440000, "ModificationTimestamp": "2026-11-02T10:00:00Z"})

    home = Property.objects.get()
    assert (home.price, home.status, home.revision) == (440000, "active", 2)
    assert Lead.objects.count() == 0


def test_an_older_version_that_arrives_late_changes_nothing() -> None:
    source = sender(MLS, kind=Source.Kind.LISTING, origin=Source.Origin.MLS)
    send_and_process(source, {"ListingId": "A-1", "ListPrice": 440000, "ModificationTimestamp": "2026-11-02T10:00:00Z"})

    send_and_process(source, {"ListingId": "A-1", "ListPrice": 450000, "ModificationTimestamp": "2026-11-01T10:00:00Z"})

    assert (Property.objects.get().price, Property.objects.get().revision) == (440000, 1)
    assert Item.objects.filter(state=Item.State.IN_PROGRESS).count() == 2


def test_a_confirmation_makes_no_revision_but_outranks_what_is_older_than_it() -> None:
    source = sender(MLS, kind=Source.Kind.LISTING, origin=Source.Origin.MLS)
    for price, at in ((440000, "01"), (440000, "03"), (430000, "02")):
        send_and_process(
            source, {"ListingId": "A-1", "ListPrice": price, "ModificationTimestamp": f"2026-11-{at}T10:00:00Z"}
        )

    assert (Property.objects.get().price, Property.objects.get().revision) == (440000, 1)


def test_words_without_an_id_are_a_repeat_within_the_window_and_news_after_it() -> None:
    source = sender(repeat_window_seconds=3600)
    words = {"email": "ann@example.com", "message": "Hello"}
    send_and_process(source, words, event_id="a")
    send_and_process(source, words, event_id="b")
    assert Lead.objects.count() == 1

    Item.objects.update(received_at=F("received_at") - timedelta(hours=2))
    send_and_process(source, words, event_id="c")

    assert Lead.objects.count() == 2
    assert Contact.objects.count() == 1


def test_a_record_nobody_can_answer_is_a_dead_letter_with_every_reason() -> None:
    delivery = send_and_process(sender(), {"id": "7", "name": "Nobody", "phone": "12"})

    item = Item.objects.get()
    assert delivery.state == Delivery.State.SPLIT
    assert item.state == Item.State.DEAD_LETTER
    assert "needs an e-mail or a phone" in item.problems[0]
    assert (Contact.objects.count(), Lead.objects.count()) == (0, 0)


def test_bytes_that_cannot_be_read_are_kept_as_a_dead_letter() -> None:
    source = sender()
    receive(source, b'{"id": 1, ', content_type="application/json")

    process.drain()

    delivery = Delivery.objects.get()
    assert (delivery.state, bytes(delivery.body)) == (Delivery.State.DEAD, b'{"id": 1, ')
    assert "not valid JSON" in delivery.error_message


def test_a_test_record_is_kept_apart() -> None:
    send_and_process(sender(), {**ANN, "is_test": True})

    assert Item.objects.get().state == Item.State.TEST
    assert Contact.objects.count() == 0


def test_one_person_from_two_sources_in_different_writing_is_one_contact() -> None:
    send_and_process(sender(), ANN)
    send_and_process(sender(), {"id": "9", "name": "LEE, ANN", "email": "ANN@EXAMPLE.COM", "phone": "312.867.5309"})
    send_and_process(sender(), {"id": "10", "phone": "867-5309"})

    assert Contact.objects.count() == 1
    assert Lead.objects.count() == 3


def test_many_records_of_one_person_in_one_batch_make_one_contact() -> None:
    source = sender()
    for number in range(12):
        send(source, {**ANN, "id": str(number)})

    process.drain()

    assert (Contact.objects.count(), Lead.objects.count()) == (1, 12)


def test_a_shared_phone_with_another_email_and_given_name_is_another_person() -> None:
    send_and_process(sender(), ANN)

    send_and_process(sender(), {**ANN, "id": "2", "name": "Bob Lee", "email": "bob@example.com"})

    assert set(Contact.objects.values_list("first_name", flat=True)) == {"Ann", "Bob"}
    assert PossibleDuplicate.objects.get().reason == "They share a phone number."


def test_the_email_wins_when_email_and_phone_point_at_two_contacts() -> None:
    send_and_process(sender(), {"id": "1", "name": "Ann Lee", "email": "ann@example.com"})
    send_and_process(sender(), {"id": "2", "name": "Ann Lee", "email": "other@example.com", "phone": "312-867-5309"})

    send_and_process(sender(), {"id": "3", "name": "Ann Lee", "email": "ann@example.com", "phone": "312-867-5309"})

    assert Lead.objects.latest("id").contact.points.get(kind="email").value == "ann@example.com"
    assert PossibleDuplicate.objects.count() == 1


def test_folded_email_keys_never_merge_by_themselves() -> None:
    send_and_process(sender(), {"id": "1", "email": "ann.lee@gmail.com"})
    send_and_process(sender(), {"id": "2", "email": "annlee+zillow@gmail.com"})

    assert Contact.objects.count() == 2


def test_somebody_elses_name_on_a_shared_phone_does_not_rename_the_contact() -> None:
    send_and_process(sender(), ANN)

    send_and_process(sender(), {"id": "2", "name": "Bob Lee", "phone": "312-867-5309"})

    assert Contact.objects.get().first_name == "Ann"


def test_a_paused_source_keeps_its_deliveries_until_it_goes_on() -> None:
    source = sender()
    source.pause(by=DANA, reason="checking")
    delivery = send_and_process(source, ANN)
    assert delivery.state == Delivery.State.RECEIVED

    source.resume(by=DANA)
    process.drain()

    assert Lead.objects.count() == 1


def test_a_source_without_a_dictionary_gets_a_dead_letter_that_says_so() -> None:
    delivery = send_and_process(factories.source(), ANN)

    assert (delivery.state, delivery.error_code) == (Delivery.State.DEAD, "no_mapping")


def test_a_delivery_that_keeps_killing_workers_is_poison() -> None:
    delivery = send(sender(), ANN)
    long_ago = database_now() - timedelta(minutes=5)
    Delivery.objects.update(crashes=MAX_CRASHES - 1, lease_until=long_ago, lease_token=7)

    process.drain()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == (Delivery.State.DEAD, "poison")
    assert Lead.objects.count() == 0


def test_a_worker_that_lost_its_lease_writes_nothing() -> None:
    delivery = send(sender(), ANN)
    stale = Delivery.objects.select_related("source").get()
    stale.lease_token = 111
    Delivery.objects.update(lease_token=222)

    with pytest.raises(LostRace):
        process.process_batch([stale])

    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.RECEIVED
    assert (Item.objects.count(), Contact.objects.count(), TrailStep.objects.count()) == (0, 0, 0)


def people(count: int) -> list[dict[str, str]]:
    return [{"id": str(n), "name": "Ann Lee", "email": f"ann{n}@example.com"} for n in range(count)]


def test_a_large_delivery_is_written_in_parts_and_a_death_between_two_loses_and_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "PART", 3)
    records = people(10)
    delivery = send(sender(), *records, records[1])

    class Death(BaseException):
        pass

    absorb = process.absorb
    parts: list[int] = []

    def mortal(incoming: list[object]) -> object:
        parts.append(len(incoming))
        if len(parts) == 3:
            raise Death
        return absorb(incoming)

    monkeypatch.setattr(process, "absorb", mortal)
    with pytest.raises(Death):
        process.drain()
    assert (Item.objects.count(), Lead.objects.count()) == (6, 6)
    assert equation().counts()["accepted"] == 7  # the six, and the delivery that is not yet split

    Delivery.objects.update(lease_until=database_now() - timedelta(seconds=1))
    process.drain()

    delivery.refresh_from_db()
    assert (delivery.state, delivery.repeats, delivery.crashes) == (Delivery.State.SPLIT, 1, 1)
    assert (Item.objects.count(), Lead.objects.count(), Contact.objects.count()) == (10, 10, 10)
    assert (equation().counts()["accepted"], equation().lost) == (10, 0)


def test_a_part_is_written_only_while_the_lease_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PART", 3)
    send(sender(), *people(7))
    stale = Delivery.objects.select_related("source").get()
    stale.lease_token = 111
    Delivery.objects.update(lease_token=222)

    with pytest.raises(LostRace):
        process.process_batch([stale])

    assert (Item.objects.count(), Contact.objects.count()) == (0, 0)


def test_thousands_of_people_in_one_delivery_take_time_in_proportion_to_their_number() -> None:
    source = sender()
    records = [CleanRecord(contact=ContactRecord(points=(email(n),))) for n in range(2000)]
    said = Provenance("source", database_now(), source.slug, "x", {})

    def looked_at(count: int) -> int:
        seen: list[int] = []
        resolver = Resolver(records[:count])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(resolve, "identify", lambda **given: seen.append(len(given["known"])) or identify(**given))
            for record in records[:count]:
                resolver.contact(record.contact, said)
        return sum(seen)

    assert looked_at(2000) == 0  # strangers, all of them: nobody is compared with anybody


def email(number: int) -> ContactPointRecord:
    address = f"ann{number}@example.com"
    return ContactPointRecord(kind="email", value=address, key=address, folded=address)


def test_one_bad_delivery_of_a_batch_holds_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    source = sender()
    good = [send(source, person) for person in people(4)]
    bad = send(source, {"id": "bad", "email": "bad@example.com"})
    finish = process._finish

    def fail_late(deliveries: list[Delivery], absorbed: object) -> None:
        finish(deliveries, absorbed)  # the rows in memory say split by now
        if bad in deliveries:
            raise ValueError("a bug that only this one meets")

    monkeypatch.setattr(process, "_finish", fail_late)
    process.drain()

    assert set(Delivery.objects.filter(pk__in=[one.pk for one in good]).values_list("state", "crashes")) == {
        (Delivery.State.SPLIT, 0)
    }
    assert Lead.objects.count() == 4
    bad.refresh_from_db()
    assert (bad.state, bad.lease_until is None) == (Delivery.State.RECEIVED, False)


def test_a_database_in_trouble_puts_deliveries_off_and_counts_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    send(sender(), ANN)

    def trouble(*_: object) -> None:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(process, "absorb", trouble)
    with pytest.raises(OperationalError):
        process.drain()

    delivery = Delivery.objects.get()
    assert (delivery.lease_until, delivery.crashes) == (None, 0)
    assert delivery.next_attempt_at > database_now()


def test_a_delivery_on_which_a_worker_died_is_taken_alone_and_leaves_the_others_their_lease() -> None:
    source = sender()
    for person in people(3):
        send(source, person)
    Delivery.objects.update(crashes=1)
    claimed = list(Delivery.objects.order_by("pk"))

    assert process._together(claimed) == claimed[:1]

    process.drain()
    assert Lead.objects.count() == 3
