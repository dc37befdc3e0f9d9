"""Every preset turns its own payloads and samples into clean records: the people and homes that were put in
come out."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from intake.mapping.decode import decode
from intake.mapping.engine import apply, split
from intake.mapping.spec import MappingSpec
from intake.records import CleanRecord, build
from intake.sources import people, presets, samples

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def records(source: str, body: bytes, content_type: str):
    """Each item of a body with what it became and what nobody reads in it."""
    spec = MappingSpec.parse(presets.preset(source)["mapping"])
    for item in split(decode(body, content_type, spec.decode), spec):
        mapped = apply(spec, item.record)
        yield item, mapped, build(spec.kind, mapped.plain())


@pytest.mark.parametrize("source", presets.names())
def test_the_payloads_map_with_no_problem_and_nothing_left_over(source):
    content_type = presets.preset(source)["content_types"][0]
    for body in presets.payloads(source).values():
        found = list(records(source, body, content_type))
        assert found
        for _, mapped, record in found:
            assert mapped.problems == []
            assert mapped.unmapped == []
            assert isinstance(record, CleanRecord)
            assert record.left_out == ()


@pytest.mark.parametrize("source", samples.names())
def test_the_people_of_a_sample_come_out_as_they_went_in(source):
    rng = random.Random(f"seed {source}")
    for _ in range(40):
        one = samples.sample(source, rng, NOW)
        found = list(records(source, one.body, one.content_type))
        assert tuple(item.record_id for item, _, _ in found if item.record_id) == one.record_ids
        for (item, mapped, record), number in zip(found, one.people, strict=bool(one.people)):
            who = people.person(number)
            assert mapped.problems == []
            assert mapped.unmapped == []
            assert not item.is_test
            assert [point.value for point in record.contact.emails] == [who.email]
            assert [point.value for point in record.contact.phones] == [who.phone]
            assert (record.contact.first_name, record.contact.last_name) == (who.first, who.last)
            assert record.left_out == ()


def test_the_listings_of_the_board_come_out_as_they_went_in():
    rng = random.Random(5)
    for _ in range(40):
        one = samples.sample("mls_board", rng, NOW)
        for item, mapped, record in records("mls_board", one.body, one.content_type):
            home = people.home(int(item.record_id[2:]) - 1_000_000)
            lister = people.agent(home.agent)
            assert mapped.unmapped == []
            assert record.property.mls_id == home.mls_id
            assert record.property.originating_mls == "Example MLS"
            assert record.property.price in range(home.price - 15_000, home.price + 1)
            assert record.property.status in ("active", "active_under_contract", "pending", "closed")
            assert (record.property.beds, record.property.baths) == (home.beds, home.baths)
            assert record.contact.emails[0].value == lister.email
            assert record.contact.phones[0].value == lister.phone
            assert item.version


def test_the_reference_example_reads_the_same_home_from_board_and_portal():
    ((_, _, listing), _) = records("mls_board", presets.payloads("mls_board")["listings.json"], "application/json")
    ((_, _, lead),) = records("lead_portal", presets.payloads("lead_portal")["inquiry.json"], "application/json")

    for record in (listing, lead):
        assert record.property.mls_id == "EX1000042"
        assert record.property.originating_mls == "Example MLS"
        assert record.property.price == 449_900
        assert record.property.status == "active_under_contract"
        assert record.property.street == "2210 N Invented Blvd"
    assert listing.contact.phones[0].value == "3128675309"
    assert listing.contact.emails[0].value == "harriet.listwell@example.org"
    assert lead.contact.phones[0].value == "3128675309"
    assert lead.contact.emails[0].value == "greta.fauxman@example.com"
    assert (lead.contact.first_name, lead.contact.last_name) == ("Greta", "Fauxman")


def test_a_google_test_lead_is_known_as_one():
    ((item, _, _),) = records("google_lead_form", presets.payloads("google_lead_form")["test_lead.json"], "")

    assert item.is_test
