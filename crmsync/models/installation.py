"""Which Steward this is: what tells its ids in a CRM from those of another installation, or of a database that is gone.

Invariant: there is one row, and its key never changes. A copy of the database is the same installation.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models

# No vowels, so that no words come out, and nothing that reads like something else.
_LETTERS = "bcdfghjkmnpqrstvwxz23456789"


def new_key() -> str:
    """A key that no other installation is likely to have: one of half a million."""
    return "".join(secrets.choice(_LETTERS) for _ in range(4))


class Installation(models.Model):
    """The one row: this Steward, as CRMs know it."""

    key = models.CharField(max_length=8, default=new_key, editable=False)
    keyed_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Pushes asked for before this give ids without the key, for some may have been written under them; "
        "empty where there were none.",
    )

    def __str__(self) -> str:
        return self.key

    @classmethod
    def this(cls) -> Installation:
        """The row; made here where a database was emptied after its migration."""
        return cls.objects.get_or_create(pk=1)[0]

    def external_id(self, noun: str, pk: int, *, asked_at: datetime) -> str:
        """Our id of a record in a CRM, such as `k7f3-contact-57`.

        Args:
            noun: contact, property or lead.
            pk: of the record.
            asked_at: when the push that writes it was asked for; all its tries look under the same id.
        """
        plain = f"{noun}-{pk}"
        return plain if self.keyed_at is not None and asked_at < self.keyed_at else f"{self.key}-{plain}"
