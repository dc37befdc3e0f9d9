"""Records are built whole, or refused with every reason."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from intake.records import TARGETS, WHOLES, CleanRecord, LeadRecord, Problem, PropertyRecord, build
from intake.records.schema import ContactRecord


def built(kind: str, values: dict[str, object]) -> CleanRecord:
    record = build(kind, values)  # type: ignore[arg-type]
    assert isinstance(record, CleanRecord), record
    return record


def refused(kind: str, values: dict[str, object]) -> list[Problem]:
    record = build(kind, values)  # type: ignore[arg-type]
    assert isinstance(record, list), record
    return record


def test_a_lead_needs_an_email_or_a_phone() -> None:
    (problem,) = refused("lead", {"contact.first_name": "Ann"})

    assert problem.code == "no_contact_point"
    assert problem.message.startswith("A lead needs an e-mail or a phone. This one has neither.")


def test_every_reason_is_given_and_none_repeats_what_was_written() -> None:
    problems = refused("lead", {"contact.phone": "123-4567", "contact.email": "ann at home"})

    assert [problem.code for problem in problems] == ["no_contact_point", "phone_unusable", "email_unusable"]
    assert not any("123-4567" in problem.message or "ann at" in problem.message for problem in problems)


def test_a_lead_with_one_good_contact_point_stands_and_the_bad_one_is_noted() -> None:
    record = built("lead", {"contact.phone": "123-4567", "contact.email": "ann@example.com"})

    assert record.contact is not None
    assert [point.value for point in record.contact.points] == ["ann@example.com"]
    assert [problem.code for problem in record.left_out] == ["phone_unusable"]


def test_a_listing_needs_its_mls_number() -> None:
    (missing,) = refused("listing", {"property.price": 5})
    (unusable,) = refused("listing", {"property.mls_id": "N/A"})

    assert missing.message == "A listing needs its MLS number. This one has none."
    assert unusable.message == "A listing needs its MLS number. The one it came with cannot be used."


def test_an_optional_value_that_does_not_fit_is_left_out_and_noted() -> None:
    record = built("listing", {"property.mls_id": "A1", "property.price": "call us", "property.beds": 3})

    assert record.property == PropertyRecord(mls_id="A1", beds=3)
    assert [(problem.target, problem.code) for problem in record.left_out] == [("property.price", "left_out")]


def test_a_full_name_and_address_fill_only_what_was_not_mapped() -> None:
    record = built(
        "lead",
        {
            "contact.email": "ann@example.com",
            "contact.name": "Dr. Ann Q. Lee Jr.",
            "contact.first_name": "Anna",
            "property.address": "12 Oak St Apt 3, Austin, TX 78701-1234",
            "property.city": "Round Rock",
        },
    )

    assert record.contact is not None
    contact = record.contact
    assert (contact.first_name, contact.middle_name, contact.last_name, contact.suffix) == ("Anna", "Q.", "Lee", "Jr.")
    assert record.property == PropertyRecord(
        street="12 Oak St", unit="Apt 3", city="Round Rock", state="TX", zip="78701", zip4="1234"
    )


def test_dates_and_moments_are_dates_and_moments() -> None:
    record = built(
        "lead",
        {
            "contact.email": "ann@example.com",
            "contact.birth_date": "1980-02-29",
            "lead.occurred_at": "2026-01-01T00:00:00+00:00",
            "lead.budget": 400_000,
        },
    )

    assert record.contact is not None
    assert record.contact.birth_date == date(1980, 2, 29)
    assert record.lead == LeadRecord(occurred_at=datetime(2026, 1, 1, tzinfo=UTC), budget_high=400_000)


def test_the_same_point_twice_is_one_point() -> None:
    record = built("lead", {"contact.phone": ("5125550187", "(512) 555-0187"), "contact.email": "a@b.com"})

    assert record.contact is not None
    assert len(record.contact.phones) == 1
    assert len(record.contact.emails) == 1


def test_the_folded_key_is_apart_from_the_key() -> None:
    record = built("lead", {"contact.email": "a.b+x@gmail.com"})

    assert record.contact is not None
    (point,) = record.contact.emails
    assert (point.value, point.key, point.folded) == ("a.b+x@gmail.com", "a.b+x@gmail.com", "ab@gmail.com")


def test_an_unknown_kind_is_bad_use() -> None:
    with pytest.raises(ValueError, match="known are lead and listing"):
        build("deal", {})  # type: ignore[arg-type]


def test_every_field_has_a_target_and_every_target_a_field() -> None:
    models = {"contact": ContactRecord, "property": PropertyRecord, "lead": LeadRecord}
    fields = {f"{prefix}.{name}" for prefix, model in models.items() for name in model.model_fields}

    assert set(TARGETS) == (fields - {"contact.points"}) | WHOLES | {
        "contact.email", "contact.phone", "contact.phone_ext",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("modified_at", "9999-12-31T23:59:59-14:00"),
        ("modified_at", "0001-01-01T00:00:00+14:00"),
        ("modified_at", "2026-11-23T10:00:00"),
        ("beds", 32_768),
    ],
)
def test_a_value_kept_raw_that_fits_no_column_is_left_out_and_noted(field: str, value: object) -> None:
    record = build("listing", {"property.mls_id": "A-1", f"property.{field}": value})

    assert isinstance(record, CleanRecord)
    assert getattr(record.property, field) is None
    assert [problem.target for problem in record.left_out] == [f"property.{field}"]
