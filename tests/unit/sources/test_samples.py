"""Samples: the same seed gives the same bytes, people recur in other writings, and every number can be
called."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest

from intake.mapping.decode import read
from intake.signatures.base import Refused, Secret, SignedRequest, Verified
from intake.signatures.registry import scheme
from intake.sources import people, presets, samples

NOW = datetime(2026, 11, 20, 15, 30, 5, 123456, tzinfo=UTC)
SECRET = Secret("k1", b"whsec_bmV3LWtleS1vZi10aGUtd2Vic2l0ZS0wMDAy")
URL_SECRET = Secret("k1", b"K7-token_for.the~tests")


def some(source: str, count: int = 30, seed: int = 7) -> list[samples.Sample]:
    rng = random.Random(seed)
    return [samples.sample(source, rng, NOW) for _ in range(count)]


def test_there_are_samples_for_every_preset():
    assert set(samples.names()) == set(presets.names())
    with pytest.raises(samples.UnknownSample, match="zillow_rentals, google_lead_form"):
        samples.sample("nobody", random.Random(1), NOW)


@pytest.mark.parametrize("source", samples.names())
def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(source):
    assert some(source) == some(source)
    assert some(source)[0].body != some(source, seed=8)[0].body
    assert len({one.body for one in some(source)}) == 30
    assert len({one.event_id for one in some(source)}) == 30


@pytest.mark.parametrize("source", samples.names())
def test_a_sample_has_the_shape_of_its_preset(source):
    preset = presets.preset(source)

    for one in some(source):
        decoded = read(one.body, one.content_type, preset["mapping"]["decode"])
        assert decoded.notes == ()
        assert one.content_type.partition(";")[0] in preset["content_types"]
        assert all(record_id in one.body.decode() for record_id in one.record_ids)
        assert len(set(one.record_ids)) == len(one.record_ids)


@pytest.mark.parametrize("source", samples.names())
def test_a_sample_signed_by_its_preset_is_let_in_and_a_changed_one_is_not(source):
    preset = presets.preset(source)
    one = some(source, 1)[0]
    door, options = scheme(preset["scheme"]), preset["scheme_options"]
    secret = URL_SECRET if preset["scheme"] in ("secret_url", "static_token", "body_key") else SECRET
    plain = SignedRequest("POST", f"/hooks/{source}/", {"content-type": one.content_type}, {}, one.body)

    signed = door.sign(plain, secret=secret, options=options, now=NOW, event_id=one.event_id)

    assert isinstance(door.verify(signed, secrets=[secret], options=options, now=NOW), Verified)
    assert isinstance(door.verify(plain, secrets=[secret], options=options, now=NOW), Refused)
    if door.name in ("standard_webhooks", "hmac", "meta"):
        changed = replace(signed, body=signed.body.replace(b"e", b"f", 1))
        assert door.verify(changed, secrets=[secret], options=options, now=NOW).code == "mismatch"


@pytest.mark.parametrize("source", samples.names())
def test_a_sample_holds_nobody_real_and_is_never_marked_as_a_test(source):
    text = b"".join(one.body for one in some(source)).decode().replace("%40", "@")

    hosts = {host.lower() for host in re.findall(r"@([\w.-]+\w)", text)}
    assert hosts
    assert hosts <= {"example.com", "example.net", "example.org"}
    assert '"is_test": true' not in text


def test_a_given_person_is_the_one_in_the_sample_whoever_sends_it():
    who = people.person(4711)
    for source in samples.names():
        one = samples.sample(source, random.Random(3), NOW, who=4711)
        if source == "mls_board":
            assert one.people == ()
            continue
        assert one.people[0] == 4711
        assert who.email in one.body.decode().replace("%40", "@").lower()


def test_people_come_again_through_other_senders_in_another_writing():
    rng = random.Random(11)
    seen: dict[int, set[str]] = {}
    for _ in range(60):
        for source in ("webflow", "lead_portal", "zillow_rentals"):
            seen.setdefault(samples.sample(source, rng, NOW).people[0], set()).add(source)
    again = [number for number, sources in seen.items() if len(sources) > 1]

    assert len(again) >= 5
    assert len(seen) >= 120
    writings = {people.written(people.person(1), random.Random(seed)) for seed in range(50)}
    assert len({one.email for one in writings}) == 4
    assert len({one.phone for one in writings}) == 8
    assert {re.sub(r"\D", "", one.phone)[-10:] for one in writings} == {people.person(1).phone}
    assert {one.email.strip().lower() for one in writings} == {people.person(1).email}


def test_a_hundred_thousand_people_share_neither_email_nor_phone():
    crowd = [people.person(number) for number in range(100_000)]

    assert len({one.email for one in crowd}) == 100_000
    assert len({one.phone for one in crowd}) == 100_000
    assert all(len(one.phone) == 10 for one in crowd)
    assert people.person(99_999) == crowd[-1]
    assert crowd[0] == people.Person(
        0,
        "Ada",
        "Fauxman",
        "ada.fauxman.0@example.com",
        "7732200000",
        "100 N Invented St",
        "Chicago",
        "IL",
        "60614",
    )


def test_every_area_code_and_exchange_in_use_is_valid():
    prefixes = {people.person(number).phone[:6] for number in range(0, people.PEOPLE, 23)}
    prefixes |= {people.agent(number).phone[:6] for number in range(40)}

    assert len(prefixes) > 10_000
    for prefix in prefixes:
        number = phonenumbers.PhoneNumber(country_code=1, national_number=int(f"{prefix}4821"))
        assert phonenumbers.is_valid_number(number), prefix


def test_the_boards_agents_are_in_the_area_code_its_preset_adds():
    assert presets.preset("mls_board")["mapping"]["context"]["area_code"] == "312"
    agents = [people.agent(number) for number in range(40)]
    assert {one.phone[:3] for one in agents} == {"312"}
    assert len({one.phone for one in agents}) == 40
    assert not any(people.person(number).phone.startswith("312") for number in range(0, people.PEOPLE, 101))


def test_a_batch_of_meta_holds_several_people_once_each():
    batches = some("meta_lead_ads", 100)

    assert {len(one.record_ids) for one in batches} == {1, 2, 3}
    assert all(len(one.people) == len(set(one.people)) == len(one.record_ids) for one in batches)


def test_the_clock_is_an_argument():
    early = samples.sample("website", random.Random(5), NOW)
    late = samples.sample("website", random.Random(5), NOW + timedelta(days=1))

    assert early.record_ids == late.record_ids
    assert b"2026-11-20T15:30:05Z" in early.body
    assert b"2026-11-21T15:30:05Z" in late.body


@pytest.mark.parametrize("number", [-1, people.PEOPLE])
def test_there_is_no_person_outside_the_numbers(number):
    with pytest.raises(ValueError, match="1,000,000 people"):
        people.person(number)
    with pytest.raises(ValueError, match="50,000 homes"):
        people.home(number)


def test_homes_have_their_own_numbers():
    assert len({people.home(number).mls_id for number in range(people.HOMES)}) == people.HOMES
