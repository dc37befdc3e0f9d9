"""Our records in the words that every CRM adapter knows (crmsync/crms/base.py), and what of them is sent.

Invariant: nothing empty is ever sent, so that nothing a person wrote in the CRM is wiped; and a value that stood there
before us is overwritten only by a higher owner (a person here, or the MLS).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from intake.models import Contact, ContactPoint, Lead, Property

_CONTACT = [
    *("first_name", "middle_name", "last_name", "suffix", "nickname", "company", "street", "unit", "city", "state"),
    *("zip", "zip4", "preferred_contact", "language"),
]
_PROPERTY = [
    *("mls_id", "originating_mls", "parcel", "county", "street", "unit", "city", "state", "zip", "zip4", "price"),
    *("status", "type", "beds", "baths", "sqft", "lot_sqft", "year_built", "list_date", "close_date"),
    *("tax_assessment", "school_rating", "url"),
]
# Owners that rank above what the CRM has (intake/precedence.py).
_ABOVE_CRM = frozenset({"person", "mls"})
# Two of ours that share one field there: if one changes, both are told.
_TOGETHER = ("street", "unit")


def contact_values(
    contact: Contact, emails: Sequence[ContactPoint], phones: Sequence[ContactPoint]
) -> dict[str, object]:
    """What we know of a contact; `emails` and `phones` begin with the primary one."""
    values: dict[str, object] = {name: getattr(contact, name) for name in _CONTACT}
    values["email"] = emails[0].value if emails else ""
    values["other_emails"] = [point.value for point in emails[1:]]
    values["phone"] = phones[0].key if phones else ""
    values["other_phones"] = [point.key for point in phones[1:]]
    values["inactive_phones"] = [point.key for point in phones if point.verified is False]
    values["do_not_call"] = "yes" if contact.do_not_call else ""
    return _known(values)


def property_values(home: Property) -> dict[str, object]:
    """What we know of a property."""
    values: dict[str, object] = {name: getattr(home, name) for name in _PROPERTY}
    values["name"] = home.street or f"MLS {home.mls_id}"
    return _known(values)


def changes(
    ours: Mapping[str, object], sent: Mapping[str, str | None], provenance: Mapping[str, Any]
) -> dict[str, object]:
    """What differs from what we last wrote. Where the CRM's own value stood first (None) only a higher owner writes."""
    changed: dict[str, object] = {}
    for name, value in ours.items():
        before = sent.get(name, "")
        if _outranks(name, provenance) if before is None else before != text(value):
            changed[name] = value
    if any(name in changed for name in _TOGETHER):
        changed |= {name: ours[name] for name in _TOGETHER if name in ours}
    return changed


def additions(
    ours: Mapping[str, object], theirs: Mapping[str, str], provenance: Mapping[str, Any]
) -> tuple[dict[str, object], dict[str, str | None]]:
    """What to write into a record that was there before us, and what then counts as sent.

    Args:
        ours: our values.
        theirs: the values that stand there.
        provenance: per field of ours where it comes from.
    """
    write: dict[str, object] = {}
    sent: dict[str, str | None] = {}
    for name, value in ours.items():
        if theirs.get(name) and not _outranks(name, provenance):
            sent[name] = None
        else:
            write[name] = value
            sent[name] = text(value)
    if sent.get("email", "") is None and isinstance(ours.get("email"), str):
        _keep_our_email(write, sent, ours, theirs)
    return write, sent


def sent_after(sent: Mapping[str, str | None], changed: Mapping[str, object]) -> dict[str, str | None]:
    """What counts as sent once `changed` was written."""
    return {**sent, **{name: text(value) for name, value in changed.items()}}


def text(value: object) -> str:
    """A value as it is compared with what was sent before."""
    return ";".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def task_values(lead: Lead, contact: Contact, owner_id: str, due_at: object) -> dict[str, object]:
    """The task that tells the agent to follow up. Its subject names the lead, for a contact may have several."""
    home = lead.property
    lines = [
        f"Source: {lead.source.name}",
        f"Wants: {lead.get_kind_display()}" if lead.kind else "",
        f"About: {home}" if home is not None else "",
        lead.message,
    ]
    return _known(
        {
            "subject": f"Follow up with {contact} ({lead.reference})",
            "body": "\n".join(filter(None, lines)),
            "status": "not_started",
            "priority": "high",
            "type": "todo",
            "due_at": due_at,
            "owner_id": owner_id,
        }
    )


def _known(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in (None, "", [], ())}


def _outranks(name: str, provenance: Mapping[str, Any]) -> bool:
    origin = provenance.get(name)
    return isinstance(origin, dict) and origin.get("origin") in _ABOVE_CRM


def _keep_our_email(
    write: dict[str, object], sent: dict[str, str | None], ours: Mapping[str, object], theirs: Mapping[str, str]
) -> None:
    """The CRM keeps its own main address; ours, if it is another one, goes to the further addresses."""
    address = str(ours["email"])
    if address.casefold() == theirs.get("email", "").casefold() or sent.get("other_emails", "") is None:
        return
    others = ours.get("other_emails")
    write["other_emails"] = [address, *(others if isinstance(others, list) else [])]
    sent["other_emails"] = text(write["other_emails"])
