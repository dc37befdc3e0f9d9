"""Give a connection a new secret.

Invariant: the plain secret is sealed before it is stored, and stands in no audit entry, log or exception.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from crmsync.models import Connection
from intake.secrets import entered
from trail.record import Actor, record


def set_secret(connection: Connection, *, secret: str, by: Actor) -> str:
    """Replace the secret of an account.

    Args:
        connection: whose secret.
        secret: the plain secret, or a reference (env:NAME, file:PATH).
        by: who does it.

    Returns:
        What may be shown of it: the last four characters, "" of a reference or a short one.

    Raises:
        SecretRefused: it is empty, or names something that is not for secrets.
    """
    reference, shown = entered(secret)
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(
            secret_reference=reference,
            secret_last_four=shown,
            secret_set_by=by.name,
            secret_set_at=Now(),
        )
        record(
            connection, "connection.secret_set", by=by, detail={"reference": reference} if reference == secret else {}
        )
    return shown
