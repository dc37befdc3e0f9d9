"""Find or create the contacts and properties of clean records, and let each field's owner order decide its value.

One `Resolver` serves one transaction and any number of records: it loads what they could touch in a few statements,
decides in memory, and writes in a few statements. Invariant: the caller holds the locks on all match keys of these
records (`match_keys`), so nobody else makes the same person meanwhile.
"""

from __future__ import annotations

import builtins
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from intake.identity import Known, identify, names_agree
from intake.models import Contact, ContactPoint, PossibleDuplicate, Property
from intake.models.owner_order import owner_orders
from intake.records import CleanRecord, ContactRecord, PropertyRecord
from intake.services.keep_households import keep_households
from intake.services.merge_values import Provenance, merge, values_of
from trail.inserting import insert
from trail.models import AuditEntry
from trail.record import Actor, entry

_NAME_FIELDS = ("first_name", "middle_name", "last_name", "suffix", "nickname")


@dataclass(slots=True)
class _Person:
    """A contact with its points, as this transaction knows it."""

    row: Contact
    points: list[ContactPoint]
    changed: set[str] = field(default_factory=set)
    confirmed: bool = False
    new_points: list[ContactPoint] = field(default_factory=list)

    def keys(self, kind: str) -> frozenset[str]:
        return frozenset(point.key for point in (*self.points, *self.new_points) if point.kind == kind)

    def known_as(self, number: int) -> Known:
        return Known(number, self.row.first_name, self.keys("email"), self.keys("phone"))


@dataclass(slots=True)
class _Home:
    """A property, as this transaction knows it."""

    row: Property
    changed: set[str] = field(default_factory=set)
    confirmed: bool = False


def match_keys(record: CleanRecord) -> list[str]:
    """The keys to lock before this record may be resolved."""
    keys = [f"{point.kind}:{point.key}" for point in record.contact.points] if record.contact else []
    if record.property and record.property.mls_id:
        keys.append(f"property:{_home_key(record.property)}")
    return keys


class Resolver:
    """The unit of work of one transaction."""

    def __init__(self, records: Iterable[CleanRecord]) -> None:
        records = list(records)
        self._people = _load_people([record.contact for record in records if record.contact])
        # Who owns a key, by place in `_people`: a delivery may bring thousands of people, and each is asked for.
        self._owners: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, person in enumerate(self._people):
            for point in person.points:
                self._owners[point.kind, point.key].append(number)
        self._homes = _load_homes([record.property for record in records if record.property and record.property.mls_id])
        self._pairs: list[tuple[_Person, _Person, str]] = []
        self._orders = owner_orders()

    def contact(self, record: ContactRecord, said: Provenance) -> Contact:
        """The contact that this record speaks of, with the record's values merged in."""
        emails = [point.key for point in record.emails]
        phones = [point.key for point in record.phones]
        numbers = sorted({number for point in record.points for number in self._owners[point.kind, point.key]})
        verdict = identify(
            given_name=record.first_name or "",
            emails=emails,
            phones=phones,
            known=[self._people[number].known_as(number) for number in numbers],
        )
        number = len(self._people) if verdict.contact is None else verdict.contact
        if verdict.contact is None:
            self._people.append(_Person(Contact(revision=0), []))
        person = self._people[number]
        self._pairs.extend((person, self._people[other], reason) for other, reason in verdict.also)
        return self._into(number, record, said)

    def again(self, contact_id: int, record: ContactRecord, said: Provenance) -> Contact | None:
        """The contact that this record went into before, with the record's values merged in anew.

        None where that contact has none of the record's keys any more: then it is not known to be the same person.
        """
        for number, person in enumerate(self._people):
            if person.row.pk == contact_id:
                return self._into(number, record, said)
        return None

    def _into(self, number: int, record: ContactRecord, said: Provenance) -> Contact:
        person = self._people[number]
        values = values_of(record, skip={"points"})
        own = person.row.provenance.get("first_name", {}).get("item") == said.item  # no stranger's name: its own
        emails = {point.key for point in record.emails}
        by_phone_alone = not own and not person.keys("email") & emails and person.row.pk is not None
        if by_phone_alone and not names_agree(person.row.first_name, record.first_name or ""):
            # Somebody else's name on a shared phone: the enquiry is kept, the contact's name is not overwritten.
            values = {name: value for name, value in values.items() if name not in _NAME_FIELDS}
        _take(person, merge(person.row, "contact", values, said, self._orders["contact"]))
        self._add_points(number, record, said)
        return person.row

    def property(self, record: PropertyRecord, said: Provenance) -> Property | None:
        """The property that this record speaks of, merged; None where it has no MLS number to know it by."""
        if not record.mls_id:
            return None
        home = self._homes.get(_home_key(record))
        if home is None:
            home = _Home(
                Property(mls_id=record.mls_id, originating_mls=record.originating_mls or "", revision=0), {"mls_id"}
            )
            self._homes[_home_key(record)] = home
        values = values_of(record, skip={"mls_id", "originating_mls"})
        _take(home, merge(home.row, "property", values, said, self._orders["property"]))
        return home.row

    def save(self, by: Actor) -> list[AuditEntry]:
        """Write what changed, each row's revision one higher.

        Returns:
            The audit entries, for the caller to write with its own.
        """
        entries = self._save_people(by) + self._save_homes(by)
        insert(
            (
                PossibleDuplicate(first_id=min(pair), second_id=max(pair), reason=reason)
                for person, also, reason in self._pairs
                if len(pair := {person.row.pk, also.row.pk}) == 2
            ),
            ignore_conflicts=True,
        )
        return entries

    @builtins.property
    def changed_contacts(self) -> set[int]:
        """Ids of the contacts that got a new revision; known after `save`."""
        return {person.row.pk for person in self._people if person.changed}

    @builtins.property
    def changed_properties(self) -> set[int]:
        """Ids of the properties that got a new revision; known after `save`."""
        return {home.row.pk for home in self._homes.values() if home.changed}

    def _add_points(self, number: int, record: ContactRecord, said: Provenance) -> None:
        person = self._people[number]
        for index, point in enumerate(record.points):
            owners = self._owners[point.kind, point.key]
            if number in owners or (point.kind == "email" and owners):
                continue
            path, by = said.paths.get(f"contact.{point.kind}", ("", ""))
            person.new_points.append(
                ContactPoint(
                    kind=point.kind,
                    value=point.value,
                    key=point.key,
                    folded_key=point.folded,
                    extension=point.extension,
                    is_primary=not person.keys(point.kind),
                    provenance=said.of(path, by) | {"index": index},
                )
            )
            owners.append(number)
            person.changed.add(point.kind)

    def _save_people(self, by: Actor) -> list[AuditEntry]:
        changed = [person for person in self._people if person.changed]
        for person in changed:
            person.row.revision += 1
        _write(Contact, self._people)
        for person in changed:
            for point in person.new_points:
                point.contact = person.row
        insert(point for person in changed for point in person.new_points)
        keep_households(person.row for person in changed if "household" in person.changed)
        return [
            entry(
                person.row,
                "contact.created" if person.row.revision == 1 else "contact.updated",
                by=by,
                detail={"revision": person.row.revision, "fields": sorted(person.changed)},
            )
            for person in changed
        ]

    def _save_homes(self, by: Actor) -> list[AuditEntry]:
        changed = [home for home in self._homes.values() if home.changed]
        for home in changed:
            home.row.revision += 1
        _write(Property, self._homes.values())
        return [
            entry(
                home.row,
                "property.created" if home.row.revision == 1 else "property.updated",
                by=by,
                detail={"revision": home.row.revision, "fields": sorted(home.changed)},
            )
            for home in changed
        ]


def _load_people(records: list[ContactRecord]) -> list[_Person]:
    keys: dict[str, set[str]] = {"email": set(), "phone": set()}
    for record in records:
        for point in record.points:
            keys[point.kind].add(point.key)
    wanted = [Q(kind=kind, key__in=found) for kind, found in keys.items() if found]
    if not wanted:
        return []
    owners = list(ContactPoint.objects.filter(reduce(or_, wanted)).values_list("contact_id", flat=True).distinct())
    if not owners:
        return []
    # Row locks as well as key locks: two records may reach one contact by different keys. Always by id, oldest first.
    contacts = Contact.objects.select_for_update().filter(pk__in=owners).order_by("pk")
    people = {contact.pk: _Person(contact, []) for contact in contacts}
    for known in ContactPoint.objects.filter(contact_id__in=owners):
        people[known.contact_id].points.append(known)
    return list(people.values())


def _load_homes(records: list[PropertyRecord]) -> dict[str, _Home]:
    if not records:
        return {}
    wanted = {record.mls_id for record in records}
    rows = Property.objects.select_for_update().filter(mls_id__in=wanted).order_by("pk")
    return {f"{row.originating_mls}:{row.mls_id}": _Home(row) for row in rows}


def _home_key(record: PropertyRecord) -> str:
    return f"{record.originating_mls or ''}:{record.mls_id}"


def _take(known: _Person | _Home, merged: tuple[set[str], bool]) -> None:
    changed, confirmed = merged
    known.changed |= changed
    known.confirmed |= confirmed


def _write(model: type[Contact] | type[Property], known: Iterable[_Person | _Home]) -> None:
    """Insert the new rows in one statement; write the changed columns of the others."""
    fresh: list[Any] = []
    for one in known:
        if one.row._state.adding:
            fresh.append(one.row)
        elif one.changed:
            one.row.updated_at = Now()  # an expression, which the column takes
            columns = [name for name in one.changed if name not in ("email", "phone")]
            one.row.save(update_fields=[*columns, "provenance", "revision", "updated_at"])
        elif one.confirmed:
            one.row.save(update_fields=["provenance"])
    insert(fresh)
