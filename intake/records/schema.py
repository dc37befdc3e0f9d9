"""The internal schema: what a contact, a property and a lead are, whatever a source calls them.

Invariant: records are frozen and typed; a value that is in a record fits its column. Money is in whole
dollars, sizes in square feet, dates are dates, moments are aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Kind = Literal["lead", "listing"]
ListingStatus = Literal[
    "active",
    "active_under_contract",
    "pending",
    "closed",
    "coming_soon",
    "hold",
    "withdrawn",
    "canceled",
    "expired",
    "delete",
    "incomplete",
]
LeadKind = Literal["buyer", "seller", "renter", "landlord", "tour", "valuation"]
Words = Annotated[str, StringConstraints(max_length=200)]
Point = Annotated[str, StringConstraints(max_length=254)]
LongText = Annotated[str, StringConstraints(max_length=10_000)]
Dollars = Annotated[int, Field(ge=0, le=2_000_000_000)]
Count = Annotated[int, Field(ge=0, le=2_000_000_000)]
SmallCount = Annotated[int, Field(ge=0, le=32_767)]
# Of a source's own writing, kept raw, a moment may lie so near the ends of the calendar that UTC has no date for it.
Moment = Annotated[AwareDatetime, Field(ge=datetime(1800, 1, 1, tzinfo=UTC), le=datetime(2300, 1, 1, tzinfo=UTC))]


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason in words why a record cannot be used, or what was left out of it.

    The message holds no raw value.
    """

    target: str
    code: str
    message: str


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ContactPointRecord(Record):
    """One e-mail or phone.

    Key finds the same point exactly; folded is a hint for the duplicate finder only.
    """

    kind: Literal["email", "phone"]
    value: Point
    key: Point
    folded: Point
    extension: Annotated[str, StringConstraints(max_length=20)] = ""
    primary: bool = False


class ContactRecord(Record):
    """A person or an organization that can be written to or called."""

    first_name: Words | None = None
    middle_name: Words | None = None
    last_name: Words | None = None
    suffix: Words | None = None
    nickname: Words | None = None
    company: Words | None = None
    is_organization: bool = False
    points: tuple[ContactPointRecord, ...] = ()
    street: Words | None = None
    unit: Words | None = None
    city: Words | None = None
    state: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    zip: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")] | None = None
    zip4: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None
    preferred_contact: Words | None = None
    language: Words | None = None
    consent_email: bool | None = None
    consent_sms: bool | None = None
    consent_call: bool | None = None
    do_not_call: bool = False
    household: Words | None = None
    birth_date: date | None = None

    @property
    def emails(self) -> tuple[ContactPointRecord, ...]:
        """The e-mails, the primary one first."""
        return tuple(point for point in self.points if point.kind == "email")

    @property
    def phones(self) -> tuple[ContactPointRecord, ...]:
        """The phones, the primary one first."""
        return tuple(point for point in self.points if point.kind == "phone")


class PropertyRecord(Record):
    """A home, unit or lot.

    Of a listing, (originating_mls, mls_id) is the key; in a lead all fields may be missing.
    """

    mls_id: Words | None = None
    originating_mls: Words | None = None
    parcel: Words | None = None
    county: Words | None = None
    street: Words | None = None
    unit: Words | None = None
    city: Words | None = None
    state: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    zip: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")] | None = None
    zip4: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None
    price: Dollars | None = None
    price_low: Dollars | None = None
    price_high: Dollars | None = None
    status: ListingStatus | None = None
    type: Words | None = None
    beds: SmallCount | None = None
    baths: Annotated[float, Field(ge=0, le=200)] | None = None
    sqft: Count | None = None
    lot_sqft: Count | None = None
    year_built: Annotated[int, Field(ge=1600, le=2200)] | None = None
    list_date: date | None = None
    close_date: date | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    tax_assessment: Dollars | None = None
    school_rating: Words | None = None
    owner_history: LongText | None = None
    url: Annotated[str, StringConstraints(max_length=2000)] | None = None
    modified_at: Moment | None = None


class LeadRecord(Record):
    """One enquiry. Budgets in whole dollars; occurred_at when it was made, as the source says."""

    kind: LeadKind | None = None
    message: LongText | None = None
    budget_low: Dollars | None = None
    budget_high: Dollars | None = None
    timeframe: Words | None = None
    financing: Words | None = None
    source_detail: Words | None = None
    campaign: Words | None = None
    agent: Words | None = None
    occurred_at: Moment | None = None


class CleanRecord(Record):
    """What an item became: for a lead a contact, perhaps a property, and the lead; for a listing a property.

    left_out: optional values that were unusable, in words; never a reason to stop.
    """

    contact: ContactRecord | None = None
    property: PropertyRecord | None = None
    lead: LeadRecord | None = None
    left_out: tuple[Problem, ...] = ()
