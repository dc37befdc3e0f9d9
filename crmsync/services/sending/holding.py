"""Is this push still ours, by the database's clock? Asked right before each call outside.

By hand, since it is asked so often: prepared statements by primary key, where building the same queries anew would cost
more than running them. Invariant: a statement that finds the token gone, or the lease run out, writes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from django.db import connection, transaction

from crmsync.models import Push

_NOW = {"postgresql": "statement_timestamp()", "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"}
_LATER = {
    "postgresql": "statement_timestamp() + make_interval(secs => %s)",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %s || ' seconds')",
}
_LOCK = {
    "postgresql": "SELECT consent_email FROM intake_contact WHERE id = %s FOR NO KEY UPDATE",
    "sqlite": "SELECT consent_email FROM intake_contact WHERE id = %s",  # the transaction is the lock
}
# They name no state: only a waiting push has a token, and naming the state would let the planner prefer an index of all
# waiting pushes to the primary key.
_OURS = "id = %s AND lease_token = %s AND lease_until > {now}"
_ASK = "SELECT lease_until > {later} FROM crmsync_push WHERE {ours}"
_RENEW = "UPDATE crmsync_push SET lease_until = {later} WHERE {ours}"
_NOTE = "UPDATE crmsync_push SET lease_until = {later}, called_at = {now}, message_id = %s WHERE {ours}"
_NOTE_FIRST = """
    UPDATE crmsync_push SET lease_until = {later}, called_at = {now}, message_id = %s WHERE {ours}
    AND NOT EXISTS (SELECT 1 FROM crmsync_suppression WHERE email IN (%s, %s))
    AND NOT EXISTS (
        SELECT 1 FROM crmsync_push letter
        WHERE letter.contact_id = %s AND letter.kind = 'email' AND letter.called_at > %s AND letter.id <> %s
    )
"""


def hold(push: Push, *, at_least: timedelta, lease: timedelta) -> bool:
    """Make sure that the push is ours for the next call; False when it is somebody else's by now.

    Args:
        at_least: how much of the lease must be left; with less it is renewed.
        lease: how long a renewed lease lasts.
    """
    found = _run(_ASK, at_least.total_seconds(), push.pk, push.lease_token)
    if found is None:
        return False
    return bool(found[0]) or _run(_RENEW, lease.total_seconds(), push.pk, push.lease_token) is not None


def note_letter(push: Push, message_id: str, *, lease: timedelta) -> bool:
    """Commit that a letter is about to go out under this Message-ID, or a question under this mark; False when the push
    is not ours any more."""
    return _run(_NOTE, lease.total_seconds(), message_id, push.pk, push.lease_token) is not None


def note_first_email(
    push: Push, message_id: str, *, addresses: tuple[str, str], since: datetime, lease: timedelta
) -> bool:
    """The same for a first e-mail, of which a contact gets one at a time, whoever sends; the contact is locked for it.

    Args:
        addresses: the address and its key, in lower case, as suppressions are kept.
        since: the contact must not have got one after this.

    Returns:
        False also when the contact got one, said no to e-mail, or the address is suppressed by now.
    """
    with transaction.atomic():
        consent = _run(_LOCK[connection.vendor], push.contact_id)
        if consent is None or consent[0] in (False, 0):
            return False
        moment = connection.ops.adapt_datetimefield_value(since)
        ours = (lease.total_seconds(), message_id, push.pk, push.lease_token)
        return _run(_NOTE_FIRST, *ours, *addresses, push.contact_id, moment, push.pk) is not None


@cache
def _spelled(statement: str, vendor: str) -> str:
    now, later = _NOW[vendor], _LATER[vendor]
    return statement.format(now=now, later=later, ours=_OURS.format(now=now))


def _run(statement: str, *values: float | str | datetime | None) -> tuple[object, ...] | None:
    """The row that a question finds; of an UPDATE an empty one; None when no row is ours."""
    with connection.cursor() as cursor:
        cursor.execute(_spelled(statement, connection.vendor), values)
        if cursor.description is None:
            return () if cursor.rowcount else None
        found: tuple[object, ...] | None = cursor.fetchone()
        return found
