"""What a fresh account holds: object types, their properties, the association types and a few owners."""

from __future__ import annotations

from dataclasses import dataclass

# Object name -> every spelling under which a path may ask for it, and what a conflict calls it.
OBJECTS: dict[str, tuple[str, ...]] = {
    "contacts": ("contacts", "contact", "0-1"),
    "listings": ("listings", "listing", "0-420"),
    "tasks": ("tasks", "task", "0-27"),
}
SINGULAR = {"contacts": "Contact", "listings": "Listing", "tasks": "Task"}
MERGEABLE = frozenset({"contacts", "listings"})

READ_ONLY = frozenset({"hs_object_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate", "hs_additional_emails"})

# (object, name, type, unique, options); the label is made from the name.
_TEXT, _NUMBER, _TIME, _CHOICE = "string", "number", "datetime", "enumeration"
PROPERTIES: tuple[tuple[str, str, str, bool, tuple[str, ...]], ...] = (
    *(
        ("contacts", name, _TEXT, name == "email", ())
        for name in (
            "email",
            "firstname",
            "lastname",
            "phone",
            "mobilephone",
            "company",
            "address",
            "city",
            "state",
            "zip",
            "country",
            "hubspot_owner_id",
            "hs_additional_emails",
        )
    ),
    ("contacts", "hs_lead_status", _CHOICE, False, ("NEW", "OPEN", "IN_PROGRESS", "CONNECTED", "UNQUALIFIED")),
    *(
        ("listings", name, _TEXT, False, ())
        for name in (
            "hs_name",
            "hs_address_1",
            "hs_address_2",
            "hs_city",
            "hs_state_province",
            "hs_zip",
            "hs_neighborhood",
            "hubspot_owner_id",
        )
    ),
    *(
        ("listings", name, _NUMBER, False, ())
        for name in (
            "hs_price",
            "hs_bedrooms",
            "hs_bathrooms",
            "hs_square_footage",
            "hs_lot_size",
            "hs_year_built",
        )
    ),
    ("tasks", "hs_timestamp", _TIME, False, ()),
    ("tasks", "hs_task_subject", _TEXT, False, ()),
    ("tasks", "hs_task_body", _TEXT, False, ()),
    ("tasks", "hubspot_owner_id", _TEXT, False, ()),
    (
        "tasks",
        "hs_task_status",
        _CHOICE,
        False,
        ("NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"),
    ),
    ("tasks", "hs_task_priority", _CHOICE, False, ("NONE", "LOW", "MEDIUM", "HIGH")),
    ("tasks", "hs_task_type", _CHOICE, False, ("TODO", "CALL", "EMAIL")),
    *(
        (kind, name, _TIME, False, ())
        for kind in OBJECTS
        for name in ("createdate", "lastmodifieddate", "hs_lastmodifieddate")
    ),
    *((kind, "hs_object_id", _NUMBER, False, ()) for kind in OBJECTS),
)
REQUIRED = {"tasks": ("hs_timestamp",)}

# type id -> (from, to). 204 is HubSpot's; the others are this sandbox's own, as they would be of an account.
ASSOCIATIONS: dict[int, tuple[str, str]] = {
    204: ("tasks", "contacts"),
    9001: ("tasks", "listings"),
    9002: ("contacts", "listings"),
    9003: ("listings", "contacts"),
}


@dataclass(frozen=True, slots=True)
class Owner:
    id: str
    email: str
    first: str
    last: str
    archived: bool = False


OWNERS = (
    Owner("501", "ana.ruiz@team.example", "Ana", "Ruiz"),
    Owner("502", "ben.cole@team.example", "Ben", "Cole"),
    Owner("503", "chloe.park@team.example", "Chloe", "Park"),
    Owner("504", "dan.former@team.example", "Dan", "Former", archived=True),
)
