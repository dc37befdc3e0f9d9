"""Keep the people who are named beside a contact as contacts of their own: "John & Mary Smith" are two people.

Invariant: the e-mail and the phone beside the names belong to the first; the others have none, are linked to it, and go
to no CRM until they have one (`unreachable` in crmsync/services/plan.py). Nobody is kept twice under one contact.
"""

from __future__ import annotations

from collections.abc import Iterable

from intake.models import Contact
from intake.normalize import registry
from intake.normalize.result import Context
from trail.inserting import insert

_PARTS = {"first": "first_name", "middle": "middle_name", "last": "last_name", "suffix": "suffix"}


def keep_households(heads: Iterable[Contact]) -> None:
    """Make a contact of everybody whom these contacts' `household` names and who is not there yet.

    Args:
        heads: saved contacts; call it in the transaction that saved them, under its locks.
    """
    heads = list(heads)
    known = {
        (head_id, name.casefold())
        for head_id, *names in Contact.objects.filter(household_of__in=heads).values_list(
            "household_of_id", *_PARTS.values()
        )
        for name in [" ".join(filter(None, names))]
    }
    members = []
    for head in heads:
        for name in filter(None, map(str.strip, head.household.split(","))):
            parts = registry.normalize("name", name, Context()).parts
            columns = {column: str(parts.get(part, ""))[:200] for part, column in _PARTS.items()}
            origins = {column: head.provenance["household"] for column, value in columns.items() if value}
            member = Contact(household_of=head, provenance=origins, **columns)
            if member.full_name and (head.pk, member.full_name.casefold()) not in known:
                known.add((head.pk, member.full_name.casefold()))
                members.append(member)
    insert(members)
