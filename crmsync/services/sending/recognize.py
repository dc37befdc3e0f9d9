"""Which of the CRM's records is this contact? Pure rules, the same as for our own contacts (intake/identity.py).

Exact keys only. An e-mail address decides; a phone alone decides unless e-mail and given name both say that it is
somebody else who shares it.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmsync.crms.base import EXTERNAL_ID, RemoteRecord
from crmsync.formats import e164
from intake.identity import names_agree


def recognize(
    found: Sequence[RemoteRecord],
    *,
    external_id: str,
    given_name: str,
    emails: Sequence[str],
    phones: Sequence[str],
) -> RemoteRecord | None:
    """The one of `found` that is our contact, or None.

    Args:
        found: what the CRM's search answered; it may hold more than exact matches.
        external_id: our id of the contact there.
        given_name: may be empty.
        emails: ours, lower case.
        phones: ours, E.164.
    """
    by_age = sorted(found, key=lambda record: (len(record.id), record.id))
    addresses, numbers = frozenset(emails), frozenset(phones)
    for record in by_age:
        if record.values.get(EXTERNAL_ID) == external_id and not _is_stranger(record, given_name, addresses, numbers):
            return record
    for record in by_age:
        if addresses & _emails(record):
            return record
    for record in by_age:
        claimed = record.values.get(EXTERNAL_ID)
        if not claimed and numbers & _phones(record) and _may_be_same(record, given_name, addresses):
            return record
    return None


def _is_stranger(record: RemoteRecord, given_name: str, addresses: frozenset[str], numbers: frozenset[str]) -> bool:
    """Under our id, and yet somebody else? So it is when our database was restored and gives ids a second time."""
    if addresses & _emails(record) or numbers & _phones(record):
        return False
    return not _may_be_same(record, given_name, addresses)


def _may_be_same(record: RemoteRecord, given_name: str, addresses: frozenset[str]) -> bool:
    theirs = _emails(record)
    if not addresses or not theirs:
        return True
    return names_agree(record.values.get("first_name", ""), given_name)


def _emails(record: RemoteRecord) -> frozenset[str]:
    listed = [record.values.get("email", ""), *record.values.get("other_emails", "").split(";")]
    return frozenset(address.strip().casefold() for address in listed if address.strip())


def _phones(record: RemoteRecord) -> frozenset[str]:
    listed = [record.values.get("phone", ""), record.values.get("mobile", "")]
    listed += record.values.get("other_phones", "").split(";")
    return frozenset(e164(number) for number in listed if number.strip())
