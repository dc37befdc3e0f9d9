"""Write a contact or a property to the CRM, search-first, so that it stands there once.

    linked -> update by id (gone there: look again)
    not linked -> look -> adopt what is found, else create under our unique id; a conflict names what to adopt

Looking is one search, since a CRM that has our unique id refuses a second record under it. Only where an earlier try
may have written is that id read first, because a search may be seconds behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmsync.crms.base import EXTERNAL_ID, ObjectKind, RemoteRecord
from crmsync.enriching import fills
from crmsync.models import CrmLink, Push
from crmsync.services.sending.desk import CrmDesk, Happened, LinkChange, Step
from crmsync.services.sending.recognize import recognize
from crmsync.services.sending.values import additions, changes, contact_values, property_values, sent_after, text
from crmsync.transport.errors import Conflict, NotFound, Transient
from intake.models import Contact, Property

# So often we wait for the CRM's search to show a record that it says is in the way, before we adopt it unseen.
_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class _Subject:
    """The record that is written, whichever kind it is."""

    kind: ObjectKind
    external_id: str
    values: Mapping[str, object]  # with our id, so that a linked record which has an older one gets it
    fills: Mapping[str, object]  # a provider's values, where we have none and only if the CRM has none either
    provenance: Mapping[str, Any]
    revision: int
    link: CrmLink | None
    query: Mapping[str, Any]
    choose: Callable[[Sequence[RemoteRecord]], RemoteRecord | None]
    ours: Mapping[str, int]  # which of our records, as a filter on CrmLink

    @property
    def all(self) -> dict[str, object]:
        return {**self.fills, **self.values}


def upsert_contact(push: Push, desk: CrmDesk) -> Happened:
    """Bring the newest revision of the push's contact to the CRM."""
    if push.contact_id is None:
        raise AssertionError("this push names no contact")
    contact = desk.records.contacts[push.contact_id]
    emails = desk.records.addresses(contact.pk, "email")
    phones = desk.records.addresses(contact.pk, "phone")
    external_id = desk.installation.external_id("contact", contact.pk)
    # Names and addresses have their provenance on the contact, e-mails and phones each on its own point.
    provenance = dict(contact.provenance)
    provenance |= {"email": emails[0].provenance} if emails else {}
    provenance |= {"phone": phones[0].provenance} if phones else {}

    def choose(found: Sequence[RemoteRecord]) -> RemoteRecord | None:
        return recognize(
            found,
            external_id=external_id,
            given_name=contact.first_name,
            emails=[point.key for point in emails],
            phones=[point.key for point in phones],
        )

    values = contact_values(contact, emails, phones)
    subject = _Subject(
        kind="contact",
        external_id=external_id,
        values={**values, EXTERNAL_ID: external_id},
        fills=fills(values, desk.records.offers.get(("contact", contact.pk), ())),
        provenance=provenance,
        revision=contact.revision,
        link=desk.records.contact_links.get(contact.pk),
        query={"emails": [point.key for point in emails], "phones": [point.key for point in phones]},
        choose=choose,
        ours={"contact_id": contact.pk},
    )
    return _upsert(push, desk, subject)


def upsert_property(push: Push, desk: CrmDesk) -> Happened:
    """Bring the newest revision of the push's property to the CRM."""
    if push.property_id is None:
        raise AssertionError("this push names no property")
    home = desk.records.properties[push.property_id]
    external_id = desk.installation.external_id("property", home.pk)

    def choose(found: Sequence[RemoteRecord]) -> RemoteRecord | None:
        for record in found:
            board = record.values.get("originating_mls", "")
            same = record.values.get("mls_id") == home.mls_id and board.casefold() == home.originating_mls.casefold()
            if same or record.values.get(EXTERNAL_ID) == external_id:
                return record
        return None

    values = property_values(home)
    subject = _Subject(
        kind="property",
        external_id=external_id,
        values={**values, EXTERNAL_ID: external_id},
        fills=fills(values, desk.records.offers.get(("property", home.pk), ())),
        provenance=home.provenance,
        revision=home.revision,
        link=desk.records.property_links.get(home.pk),
        query={"mls_id": home.mls_id},
        choose=choose,
        ours={"property_id": home.pk},
    )
    return _upsert(push, desk, subject)


def _upsert(push: Push, desk: CrmDesk, subject: _Subject) -> Happened:
    if subject.link is not None:
        try:
            return _update(desk, subject, subject.link)
        except NotFound:
            pass  # deleted or merged over there: look for what is there now
    found = _look(desk, subject, thoroughly=push.may_be_there or subject.link is not None)
    if found is None:
        try:
            with desk.caller.changing("write"):
                made = desk.client.create(subject.kind, external_id=subject.external_id, values=subject.all)
            sent = {name: text(value) for name, value in subject.all.items()}
            return _happened(desk, subject, LinkChange(made.id, sent, created=True, revision=subject.revision))
        except Conflict as conflict:
            found = _in_the_way(push, desk, subject, conflict)
    return _adopt(desk, subject, found)


def _update(desk: CrmDesk, subject: _Subject, link: CrmLink) -> Happened:
    changed = changes(subject.all, link.sent, subject.provenance)
    kept = _kept_there(desk, subject, changed)
    changed = {name: value for name, value in changed.items() if name not in kept}
    if changed:
        with desk.caller.changing():
            desk.client.update(subject.kind, link.remote_id, changed)
    sent = {**sent_after(link.sent, changed), **kept}
    change = LinkChange(link.remote_id, sent, created=False, revision=subject.revision)
    return _happened(desk, subject, change, changed=sorted(changed))


def _kept_there(desk: CrmDesk, subject: _Subject, changed: Mapping[str, object]) -> dict[str, None]:
    """Fields that a provider would fill and the CRM has filled by now: its own value stands first and stays."""
    filled = changed.keys() & (subject.fills.keys() - subject.values.keys())
    if not filled:
        return {}
    there = desk.client.get_by_external_id(subject.kind, subject.external_id)
    return {name: None for name in filled if there is None or there.values.get(name)}


def _look(desk: CrmDesk, subject: _Subject, *, thoroughly: bool) -> RemoteRecord | None:
    if thoroughly and (known := desk.client.get_by_external_id(subject.kind, subject.external_id)):
        if subject.choose([known]) is None:
            raise Conflict(
                "somebody_else",
                f"Under our id {subject.external_id} the CRM has somebody else (its record {known.id}). Was a database "
                "restored? Clear the id there, then redrive.",
                existing_id=known.id,
            )
        return known
    return subject.choose(desk.client.search(subject.kind, external_id=subject.external_id, **subject.query))


def _in_the_way(push: Push, desk: CrmDesk, subject: _Subject, conflict: Conflict) -> RemoteRecord:
    """The record that a create ran into: by our own id, or by an e-mail that the search does not show yet."""
    found = _look(desk, subject, thoroughly=True)
    if found is not None:
        return found
    if not conflict.existing_id:
        raise conflict
    if push.attempts < _PATIENCE:
        raise Transient(
            "not_visible_yet",
            "The CRM has this record already, but its search does not show it yet. We look again.",
        ) from conflict
    return RemoteRecord(conflict.existing_id, {})


def _adopt(desk: CrmDesk, subject: _Subject, found: RemoteRecord) -> Happened:
    """Take over a record that stands there: claim it under our id, and fill in what it lacks."""
    taken = CrmLink.objects.filter(connection=desk.account, object_kind=subject.kind, remote_id=found.id)
    if other := taken.exclude(**subject.ours).first():
        of = f"contact {other.contact_id}" if other.contact_id else f"property {other.property_id}"
        raise Conflict(
            "linked_elsewhere",
            f"The CRM's record {found.id} holds the same key but is already {of} of ours. Merge the two, then redrive.",
            existing_id=found.id,
        )
    claimed = found.values.get(EXTERNAL_ID, "")
    if claimed and claimed != subject.external_id and _is_ours(claimed, subject):
        raise Conflict(
            "claimed_elsewhere",
            f"The CRM's record {found.id} holds the same key but is {claimed} of ours. Merge the two, then redrive.",
            existing_id=found.id,
        )
    write, sent = additions(subject.all, found.values, subject.provenance)
    if claimed == subject.external_id:
        # Ours already, perhaps by a try whose answer was lost: what it lacks or has otherwise is written.
        there = found.values
        ours = {name: value for name, value in subject.all.items() if name in subject.values or not there.get(name)}
        write = {name: value for name, value in ours.items() if there.get(name) != text(value)}
        sent = {name: text(value) for name, value in ours.items()}
    else:
        write, sent = {**write, EXTERNAL_ID: subject.external_id}, {**sent, EXTERNAL_ID: subject.external_id}
    if write:
        try:
            with desk.caller.changing():
                desk.client.update(subject.kind, found.id, write)
        except NotFound as error:
            raise Transient(
                "just_deleted", "The CRM's search showed a record that is not there any more. We look again."
            ) from error
    made_by_us = claimed == subject.external_id and subject.link is None
    change = LinkChange(found.id, sent, created=made_by_us, revision=subject.revision)
    return _happened(desk, subject, change, changed=sorted(write), adopted=not made_by_us)


def _is_ours(claimed: str, subject: _Subject) -> bool:
    """Is there a record of ours under this id? One from another installation or a database that is no more is none."""
    named, _, number = claimed.rpartition("-")
    if named != subject.external_id.rpartition("-")[0] or not number.isdecimal():
        return False
    manager = Contact._default_manager if subject.kind == "contact" else Property._default_manager
    return manager.filter(pk=int(number)).exists()


def _happened(desk: CrmDesk, subject: _Subject, link: LinkChange, **more: object) -> Happened:
    proof = {"connection": desk.account.slug, "id": link.remote_id, "revision": link.revision, **more}
    step = Step.CRM_CREATED if link.created else Step.CRM_UPDATED
    return Happened(proof, step if subject.kind == "contact" else None, link)
