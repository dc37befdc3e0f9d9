"""Whatever an authentic source sends ends as a lead or a dead letter with its reasons, on either database."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmsync.services.plan import plan_missing
from intake.models import Delivery, Item, Lead, Source
from intake.records import TARGETS
from intake.selectors import equation
from intake.services import process
from intake.services.receive import receive
from tests import factories
from tests.integration.intake.senders import sender
from trail.leases import database_now

pytestmark = pytest.mark.django_db

EVERY_FIELD = {
    "decode": "auto",
    "identity": {"record_id": ["id"], "version": ["version"], "occurred_at": ["at"], "is_test": ["is_test"]},
    "context": {"area_code": "312"},
    "fields": [{"to": target, "first_of": [target.replace(".", "_")]} for target in sorted(TARGETS)]
    + [{"to": "contact.email", "first_of": ["more.email"]}, {"to": "contact.phone", "first_of": ["more.phone"]}],
}
KEPT_RAW = {
    **EVERY_FIELD,
    "fields": [{**field, "on_invalid": "keep_raw"} for field in EVERY_FIELD["fields"]],
}
FIELDS = [target.replace(".", "_") for target in sorted(TARGETS)] + ["id", "version", "at", "is_test", "more", "odd"]

awkward = st.sampled_from(
    [
        "\x00",
        "a\x00b",
        "\ud800",
        "x" * 255,
        "x" * 256,
        "é" * 300,
        "x" * 20_000,
        "😀" * 200,
        "\u202e" * 300,
        "İ" * 200,
        "ﬃ" * 199,  # three letters each once composed
        "NaN",
        "-0",
        "1e400",
        "9" * 400,
        "$" + "9" * 30,
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "1900-01-01",
        "2200-12-31T23:59:59-23:59",
        "ann@example.com",
        "ANN@EXAMPLE.COM, bob@example.com",
        "a" * 64 + "@" + "b" * 60 + ".example.com",
        "312-867-5309 x" + "1" * 25,
        "+44 20 7946 0958 ext 123456789012345",
        "(312) 867-5309",
        "A" * 199 + " " + "B" * 199,
        "123 " + "Main " * 60 + "St Apt " + "9" * 60 + ", " + "Austin " * 40 + ", TX 78701-1234",
        "2147483648",
        "9223372036854775808",
        "1e15",
        "200.0001",
        "-1",
        "12/31/9999",
        "{{ claim_link }}",
        "<script>",
    ]
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.sampled_from([32_768, 2**31, 2**63, -(2**63), 10**400]),
    st.floats(),
    st.text(max_size=40),
    awkward,
    awkward,
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
records = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=10) | awkward, values, max_size=12),
    st.fixed_dictionaries(
        {"contact_email": st.sampled_from(["ann@example.com", "bob@example.com", "Ann@Example.com "])},
        optional={name: scalars for name in FIELDS if name not in ("contact_email", "more")},
    ),
    st.fixed_dictionaries(
        {"property_mls_id": st.sampled_from(["A-1", "A-2"]), "contact_phone": st.just("312-867-5309")},
        optional={
            name: scalars for name in FIELDS if name.startswith(("property", "lead")) and name != "property_mls_id"
        },
    ),
    values,
)


@pytest.fixture
def sources() -> list[Source]:
    factories.connection()
    return [
        sender(EVERY_FIELD, slug="leads"),
        sender(KEPT_RAW, slug="raw"),
        sender(EVERY_FIELD, slug="listings", kind=Source.Kind.LISTING),
    ]


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(deliveries=st.lists(st.lists(records, min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_records_end_as_leads_or_as_dead_letters_with_reasons(
    sources: list[Source], deliveries: list[list[Any]]
) -> None:
    for number, batch in enumerate(deliveries):
        body = json.dumps(batch, ensure_ascii=number % 2 == 0).encode("utf-8", "surrogatepass")
        receive(sources[number % 3], body, content_type="application/json")

    # A moment later: SQLite compares times as text, and 12:00:00.000 is after 12:00:00 for one millisecond.
    process.drain(now=database_now() + timedelta(seconds=1))
    plan_missing()

    assert not Delivery.objects.exclude(state__in=[Delivery.State.SPLIT, Delivery.State.DEAD]).exists()
    assert not Delivery.objects.filter(state=Delivery.State.DEAD, error_message="").exists()
    assert not Item.objects.filter(state=Item.State.DEAD_LETTER, problems=[]).exists()
    good = Item.objects.filter(state=Item.State.IN_PROGRESS, source__kind=Source.Kind.LEAD)
    assert Lead.objects.count() == good.count()
    counts = equation().counts()
    assert counts.pop("lost") == 0
    assert counts.pop("accepted") == sum(counts.values())
