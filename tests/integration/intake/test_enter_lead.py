"""A lead that is typed in is a delivery like any other, and the person who typed it is its actor."""

from __future__ import annotations

import pytest

from intake.models import Delivery, Item, Lead, Source
from intake.services.enter_lead import CannotBeALead, enter_lead, mapping_for
from intake.typed_lead import payload, typed_fields
from tests import factories as make
from tests.integration.intake.senders import sender
from trail.models import AuditEntry
from trail.record import Actor

pytestmark = pytest.mark.django_db

DANA = Actor.person("dana")
GINA = {"contact": {"first_name": "Gina", "email": "Gina@Okafor.net"}, "lead": {"kind": "seller"}}


def test_a_typed_lead_becomes_a_lead_of_manual_entry_at_once() -> None:
    delivery = enter_lead(GINA, None, token="t1", by=DANA)

    lead = Lead.objects.get()
    assert (delivery.via, delivery.state, delivery.source.slug) == ("manual", Delivery.State.SPLIT, "manual_entry")
    assert (lead.contact.first_name, lead.kind, lead.item.delivery) == ("Gina", "seller", delivery)
    assert lead.contact.points.get().value == "gina@okafor.net"
    assert lead.steps.get(step="RECEIVED").proof["by"] == "dana"
    entry = AuditEntry.objects.get(action="lead.created")
    assert (entry.actor_kind, entry.actor) == ("person", "dana")


def test_the_same_form_sent_twice_is_one_lead() -> None:
    first = enter_lead(GINA, None, token="t1", by=DANA)
    again = enter_lead(GINA, None, token="t1", by=DANA)

    assert first == again
    assert (Lead.objects.count(), Source.objects.count(), Delivery.objects.count()) == (1, 1, 1)


def test_the_same_words_in_another_form_are_a_repeat() -> None:
    enter_lead(GINA, None, token="t1", by=DANA)
    again = enter_lead(GINA, None, token="t2", by=DANA)

    assert (again.repeats, Lead.objects.count(), Item.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("typed", [{}, {"contact": {"first_name": "Gina"}}, {"contact": {"email": "gina@"}}])
def test_what_cannot_be_a_lead_is_refused_with_its_reasons_and_nothing_is_stored(typed: dict[str, object]) -> None:
    with pytest.raises(CannotBeALead) as refused:
        enter_lead(typed, None, token="t1", by=DANA)

    assert refused.value.problems[0].startswith("A lead needs an e-mail or a phone.")
    assert not Delivery.objects.exists()
    assert not Source.objects.exists()


def test_a_lead_can_be_typed_in_for_any_source_whose_mapping_can_be_written_to() -> None:
    source = sender()
    spec = mapping_for(source)
    assert spec is not None
    fields = {field.target: field for field in typed_fields(spec)}
    typed = payload(spec, list(fields.values()), {fields["contact.phone"].name: "8675309"})

    delivery = enter_lead(typed, source, token="t1", by=DANA)

    lead = Lead.objects.get()
    assert (delivery.source, lead.source) == (source, source)
    assert lead.contact.points.get().key == "+13128675309"  # the area code is the source's


def test_a_source_without_a_published_mapping_takes_no_typed_lead() -> None:
    with pytest.raises(CannotBeALead):
        enter_lead(GINA, make.source(), token="t1", by=DANA)

    assert not Delivery.objects.exists()


def test_a_paused_source_keeps_a_typed_lead_waiting() -> None:
    source = sender()
    source.pause(by=DANA, reason="Mapping.")

    delivery = enter_lead({"email": "gina@okafor.net"}, source, token="t1", by=DANA)

    assert (delivery.state, Lead.objects.count()) == (Delivery.State.RECEIVED, 0)
