"""What a mapping can fill: every target, the kind of value that cleans it, and how wholes spread into parts.

Invariant: every field of a record in `schema.py` has its target here, and besides only wholes have one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from intake.normalize.picklist import LEAD_KIND, LISTING_STATUS

# Every target a mapping can fill, and the kind of value that cleans it unless the mapping names another.
TARGETS: Mapping[str, str] = MappingProxyType(
    {
        "contact.name": "name",
        "contact.first_name": "name_part",
        "contact.middle_name": "name_part",
        "contact.last_name": "name_part",
        "contact.suffix": "name_part",
        "contact.nickname": "name_part",
        "contact.company": "company",
        "contact.is_organization": "boolean",
        "contact.email": "email",
        "contact.phone": "phone",
        "contact.phone_ext": "text",
        "contact.address": "address",
        "contact.street": "street",
        "contact.unit": "text",
        "contact.city": "city",
        "contact.state": "state",
        "contact.zip": "zip",
        "contact.zip4": "text",
        "contact.preferred_contact": "text",
        "contact.language": "text",
        "contact.consent_email": "boolean",
        "contact.consent_sms": "boolean",
        "contact.consent_call": "boolean",
        "contact.do_not_call": "boolean",
        "contact.household": "text",
        "contact.birth_date": "date",
        "property.mls_id": "mls_id",
        "property.originating_mls": "text",
        "property.parcel": "parcel",
        "property.county": "text",
        "property.address": "address",
        "property.street": "street",
        "property.unit": "text",
        "property.city": "city",
        "property.state": "state",
        "property.zip": "zip",
        "property.zip4": "text",
        "property.price": "price",
        "property.price_low": "price",
        "property.price_high": "price",
        "property.status": "listing_status",
        "property.type": "text",
        "property.beds": "beds",
        "property.baths": "baths",
        "property.sqft": "sqft",
        "property.lot_sqft": "lot_sqft",
        "property.year_built": "year",
        "property.list_date": "date",
        "property.close_date": "date",
        "property.latitude": "latitude",
        "property.longitude": "longitude",
        "property.tax_assessment": "money",
        "property.school_rating": "school_rating",
        "property.owner_history": "text",
        "property.url": "url",
        "property.modified_at": "datetime",
        "lead.kind": "lead_kind",
        "lead.message": "text",
        "lead.budget": "price",
        "lead.budget_low": "price",
        "lead.budget_high": "price",
        "lead.timeframe": "text",
        "lead.financing": "text",
        "lead.source_detail": "text",
        "lead.campaign": "text",
        "lead.agent": "text",
        "lead.occurred_at": "datetime",
    }
)
# Targets that may be filled several times: each value is one more contact point.
LISTS = frozenset({"contact.email", "contact.phone"})
# Which part of a target's value fills which other target, unless that was mapped itself.
_ADDRESS = {"line": "street", "unit": "unit", "city": "city", "state": "state", "zip": "zip", "zip4": "zip4"}
_NAME = {"first": "first_name", "middle": "middle_name", "last": "last_name", "suffix": "suffix"}
_NAME |= {
    "nickname": "nickname",
    "company": "company",
    "is_organization": "is_organization",
    "others": "household",
}
PARTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "contact.name": {part: f"contact.{field}" for part, field in _NAME.items()},
        "contact.phone": {"ext": "contact.phone_ext"},
        "contact.address": {part: f"contact.{field}" for part, field in _ADDRESS.items()},
        "contact.street": {"unit": "contact.unit"},
        "contact.zip": {"zip4": "contact.zip4"},
        "property.address": {part: f"property.{field}" for part, field in _ADDRESS.items()},
        "property.street": {"unit": "property.unit"},
        "property.zip": {"zip4": "property.zip4"},
        "property.price": {"low": "property.price_low", "high": "property.price_high"},
        "lead.budget": {"low": "lead.budget_low", "high": "lead.budget_high"},
    }
)
# Targets that are no field of a record: once their parts stand for them they are not needed again.
WHOLES = frozenset({"contact.name", "contact.address", "property.address", "lead.budget"})
VOCABULARIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"property.status": LISTING_STATUS, "lead.kind": LEAD_KIND}
)
