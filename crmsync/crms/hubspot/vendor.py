"""What HubSpot's API looks like: the one place for facts about the vendor, each with where it comes from.

None of it was proven against the live service. Marks: [docs] the vendor's pages; [client] its own Python
client 12; [seen] several independent integrations agree, the vendor's page was not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote

from crmsync.crms.base import ObjectKind
from crmsync.options import HubSpotOptions

BASE_URL = "https://api.hubapi.com"  # [docs]

# [docs: changelog, legacy APIs] Numbered versions lose support in September 2027, hence a setting.
DEFAULT_VERSION = "2026-09"

# [docs] Object type ids; the listings object is 0-420.
OBJECT_TYPES: Mapping[ObjectKind, str] = {"contact": "contacts", "property": "0-420", "task": "tasks"}

BATCH_LIMIT = 100  # [seen] inputs of one batch call
SEARCH_LIMIT = 100  # [client] at most 200

# [client: association_type.py] Other pairs differ by account and are asked for.
ASSOCIATION_TYPES: Mapping[tuple[ObjectKind, ObjectKind], int] = {("task", "contact"): 204}

# Seconds to wait after a 429 that does not say [seen: Retry-After is not documented for the CRM API]. The
# daily budget ends at midnight of the account, whose zone we do not know: ask again every hour.
POLICY_WAITS: Mapping[str, float] = {
    "DAILY": 3600.0,
    "TEN_SECONDLY_ROLLING": 10.0,
    "SECONDLY": 1.0,
}
LOCKED_WAIT = 2.0  # [seen] 423: another write holds the record
MIGRATING = 477  # [seen] the account moves between data centers; Retry-After tells how long

# [seen] Conflicts name the record in words only.
EXISTING_ID = re.compile(r"Existing ID: *([0-9]+)")
TAKEN = re.compile(r"CONFLICTING_UNIQUE_VALUE|already has that value")
TAKEN_BY = re.compile(r"(?:^|[^0-9])([0-9]+) already has that value")
# [seen] A refused value is told as JSON within the message, and its field by name.
NAMED_FIELD = re.compile(r'"name":"[a-z0-9_]+"')
CATEGORY = re.compile(r"[A-Z_]{1,60}")

# [seen] hs_additional_emails is read-only, so further addresses go into a field of ours.
FIELDS: Mapping[ObjectKind, Mapping[str, str]] = {
    "contact": {
        "first_name": "firstname",
        "last_name": "lastname",
        "email": "email",
        "other_emails": "steward_other_emails",
        "phone": "phone",
        "mobile": "mobilephone",
        "other_phones": "steward_other_phones",
        "inactive_phones": "steward_inactive_phones",
        "do_not_call": "steward_do_not_call",
        "company": "company",
        "street": "address",
        "city": "city",
        "state": "state",
        "zip": "zip",
        "owner_id": "hubspot_owner_id",
    },
    "property": {
        "name": "hs_name",
        "mls_id": "steward_mls_id",
        "originating_mls": "steward_originating_mls",
        "status": "steward_status",
        "type": "steward_type",
        "list_date": "steward_list_date",
        "url": "steward_url",
        "street": "hs_address_1",
        "unit": "hs_address_2",
        "city": "hs_city",
        "state": "hs_state_province",
        "zip": "hs_zip",
        "price": "hs_price",
        "beds": "hs_bedrooms",
        "baths": "hs_bathrooms",
        "sqft": "hs_square_footage",
        "lot_sqft": "hs_lot_size",
        "year_built": "hs_year_built",
        "owner_id": "hubspot_owner_id",
    },
    "task": {
        "due_at": "hs_timestamp",
        "subject": "hs_task_subject",
        "body": "hs_task_body",
        "status": "hs_task_status",
        "priority": "hs_task_priority",
        "type": "hs_task_type",
        "owner_id": "hubspot_owner_id",
    },
}
PHONE_FIELDS = frozenset({"phone", "mobile", "other_phones", "inactive_phones"})
# HubSpot's picklists are in capitals: NOT_STARTED, HIGH, TODO [docs: tasks].
CAPITALS = {"task": frozenset({"status", "priority", "type"})}

# Fields that HubSpot does not have and we bring along; all others of ours are HubSpot's own.
OWN_PREFIX = "steward_"
OWN_GROUP = "steward"
EXTERNAL_ID_PROPERTY = "steward_id"


@dataclass(frozen=True)
class Dialect:
    """One account's version, object types and fields, made from the connection's options."""

    version: str = DEFAULT_VERSION
    objects: Mapping[ObjectKind, str] = field(default_factory=lambda: OBJECT_TYPES)
    external_id_property: str = EXTERNAL_ID_PROPERTY
    fields: Mapping[ObjectKind, Mapping[str, str]] = field(default_factory=lambda: FIELDS)
    associations: Mapping[tuple[ObjectKind, ObjectKind], int] = field(default_factory=lambda: ASSOCIATION_TYPES)

    @classmethod
    def from_options(cls, options: HubSpotOptions) -> Dialect:
        """What the options of a connection make of it; a field that they name with an empty text is left out."""
        fields: dict[ObjectKind, dict[str, str]] = {}
        for kind, defaults in FIELDS.items():
            merged = {**defaults, **options.fields.get(kind, {})}
            fields[kind] = {ours: theirs for ours, theirs in merged.items() if theirs}
        associations = dict(ASSOCIATION_TYPES)
        for pair, number in options.associations.items():
            start, _, end = pair.partition(":")
            associations[cast(ObjectKind, start), cast(ObjectKind, end)] = number
        return cls(
            version=options.version or DEFAULT_VERSION,
            objects={**OBJECT_TYPES, "property": options.listing_object or OBJECT_TYPES["property"]},
            external_id_property=options.external_id_property or EXTERNAL_ID_PROPERTY,
            fields=fields,
            associations=associations,
        )

    def path(self, family: str, *parts: str) -> str:
        """``/crm/v3/objects/...`` or ``/crm/objects/2026-09/...``; variable parts are quoted."""
        numbered = self.version.startswith("v")
        start = [self.version, family] if numbered else [family, self.version]
        return "/crm/" + "/".join(start + [quote(part, safe="") for part in parts])

    def association_path(self, start: ObjectKind, end: ObjectKind) -> str:
        """Where the association types between two kinds are listed; numbered only as v4 [docs]."""
        head = "/crm/v4/associations" if self.version.startswith("v") else f"/crm/associations/{self.version}"
        return f"{head}/{quote(self.objects[start])}/{quote(self.objects[end])}/labels"
