"""Which Steward this is: what tells its ids in a CRM from those of another installation, or of a database that is gone.

Invariant: there is one row, and its key never changes. A copy of the database is the same installation.
"""

from __future__ import annotations

import secrets

from django.db import models

# No vowels, so that no words come out, and nothing that reads like something else.
_LETTERS = "bcdfghjkmnpqrstvwxz23456789"


def new_key() -> str:
    """A key that no other installation is likely to have: one of half a million."""
    return "".join(secrets.choice(_LETTERS) for _ in range(4))


class Installation(models.Model):
    """The one row: this Steward, as CRMs know it."""

    key = models.CharField(max_length=8, default=new_key, editable=False)

    def __str__(self) -> str:
        return self.key

    @classmethod
    def this(cls) -> Installation:
        """The row; made here where a database was emptied after its migration."""
        return cls.objects.get_or_create(pk=1)[0]

    def external_id(self, noun: str, pk: int) -> str:
        """Our id of a record in a CRM, such as `k7f3-contact-57`.

        Args:
            noun: contact, property or lead.
            pk: of the record.
        """
        return f"{self.key}-{noun}-{pk}"
