"""Give a connection a new secret.

Invariant: the plain secret is sealed before it is stored, and stands in no audit entry, log or exception.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from crmsync.models import Connection
from intake.secrets import is_reference, last_four, seal
from trail.record import Actor, record


class SecretRefused(Exception):
    """The secret cannot be taken; the message says why. Nothing changed."""


def set_secret(connection: Connection, *, secret: str, by: Actor) -> str:
    """Replace the secret of an account.

    Args:
        connection: whose secret.
        secret: the plain secret, or a reference (env:NAME, file:PATH).
        by: who does it.

    Returns:
        What may be shown of it: the last four characters, "" of a reference or a short one.

    Raises:
        SecretRefused: it is empty.
    """
    if not secret.strip():
        raise SecretRefused("The secret is empty. Nothing changed.")
    named = is_reference(secret) and not secret.startswith("enc:")
    shown = "" if named else last_four(secret)
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(
            secret_reference=secret if named else seal(secret),
            secret_last_four=shown,
            secret_set_by=by.name,
            secret_set_at=Now(),
        )
        record(connection, "connection.secret_set", by=by)
    return shown
