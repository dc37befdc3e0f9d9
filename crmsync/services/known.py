"""What we know of a record, as a provider is told it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from intake.models import Contact, Lead, Property

_PERSON = ("first_name", "last_name", "street", "unit", "city", "state", "zip", "zip4")
_PLACE = ("street", "unit", "city", "state", "zip")
# People who write about a home of their own: its address is theirs.
_OWNERS = (Lead.Kind.SELLER, Lead.Kind.LANDLORD, Lead.Kind.VALUATION)


def of_contact(contact: Contact, emails: Sequence[str], phones: Sequence[str], lead: Lead | None) -> dict[str, Any]:
    """A contact in our names, with `emails` and `phones`.

    Args:
        lead: the enquiry that it is about, if any: an owner without an address lives where the enquiry says.
    """
    values: dict[str, Any] = {name: getattr(contact, name) for name in _PERSON}
    if not contact.street and lead is not None and lead.kind in _OWNERS:
        facts = lead.property_facts
        values |= {name: getattr(lead.property, name, "") or facts.get(name) or "" for name in _PLACE}
    # A provider of this trade knows North American numbers only.
    checkable = [phone for phone in phones if phone.startswith("+1")]
    return {**values, "email": emails, "phone": phones, "emails": emails, "phones": checkable}


def of_property(home: Property) -> dict[str, Any]:
    """A property in our names."""
    return {field.name: getattr(home, field.name) for field in home._meta.concrete_fields}
