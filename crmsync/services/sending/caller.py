"""The last check before each call, and the notes of what was called.

Invariants: nothing goes out for a push whose lease is not ours by the database's clock at that moment, and each check
renews the lease for longer than two calls can take. Before a call that changes something outside, `called_at` is
committed, so that whoever finds it after a crash knows that something may have happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from crmsync.models import Push
from crmsync.services.reserve import Call
from crmsync.services.sending.batch import Batch
from crmsync.transport.http import Exchange
from intake.models import Contact

# Asks for no state: only a waiting push has a token, and naming the state would let the planner prefer an index of all
# waiting pushes to the primary key.
# renew: seconds of the lease, whether to note the call, the Message-ID or "", the push and its token
_RENEW = {
    "postgresql": """
        UPDATE crmsync_push SET lease_until = statement_timestamp() + make_interval(secs => %s),
            called_at = CASE WHEN %s THEN statement_timestamp() ELSE called_at END,
            message_id = coalesce(nullif(%s, ''), message_id)
        WHERE id = %s AND lease_token = %s AND lease_until > statement_timestamp()
    """,
    "sqlite": """
        UPDATE crmsync_push SET lease_until = strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %s || ' seconds'),
            called_at = CASE WHEN %s THEN strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now') ELSE called_at END,
            message_id = coalesce(nullif(%s, ''), message_id)
        WHERE id = %s AND lease_token = %s
            AND lease_until > strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')
    """,
}


class LeaseLost(Exception):
    """Another worker may have this push by now: stop, and write nothing."""


class Caller:
    """Watches over the calls of one batch, one push at a time."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._push: Push | None = None
        self._changes = False
        self.exchanges: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.called = False
        self.wrote = "update"

    def begin(self, push: Push) -> None:
        """From here on the calls are this push's."""
        self._push = push
        self._changes = False
        self.exchanges = []
        self.called = False
        self.wrote = "update"

    @contextmanager
    def changing(self, action: str = "update") -> Iterator[None]:
        """The calls inside change something outside: `action` is write, update or delete, for the log."""
        self._changes, self.wrote = True, action
        try:
            yield
        finally:
            self._changes = False

    def before_call(self) -> None:
        """Is this push still ours? One statement asks, renews the lease and notes a change.

        Raises:
            LeaseLost: it is not.
        """
        if not self._renew(note=self._changes):
            raise LeaseLost
        self.called |= self._changes

    def before_letter(self, message_id: str, *, contact_id: int | None, since: datetime | None) -> Push | None:
        """Note, under its Message-ID, that a letter is about to go out.

        Args:
            contact_id: whose letters are counted, under a lock on the contact; None for letters that are not limited.
            since: no letter may have gone out to the contact after this.

        Returns:
            The letter that went out (or may have) since then, in which case this one must not; else None.

        Raises:
            LeaseLost: the push is not ours any more.
        """
        push = self._current()
        if contact_id is None or since is None:
            noted = self._renew(note=True, message_id=message_id)
        else:
            with transaction.atomic():
                list(Contact.objects.select_for_update(no_key=True).filter(pk=contact_id).values_list("pk"))
                earlier = Push.objects.filter(kind=Push.Kind.EMAIL, contact=contact_id, called_at__gt=since)
                if found := earlier.exclude(pk=push.pk).order_by("-called_at").first():
                    return found
                noted = self._renew(note=True, message_id=message_id)
        if not noted:
            raise LeaseLost
        self.called = True
        self.wrote = "write"
        push.message_id = message_id
        return None

    def on_exchange(self, exchange: Exchange) -> None:
        """Keep a call for the attempt, and count it for the breaker."""
        self.exchanges.append(asdict(exchange))
        limited = exchange.status == 429
        failed = not limited and (exchange.status is None or exchange.status >= 500)
        self.calls.append(Call(self._batch.clock(), failed, counts=not limited))

    def _renew(self, *, note: bool, message_id: str = "") -> bool:
        """Renew the lease if it is still ours by the database's clock; `note` also commits that a change may follow.

        By hand, since it runs before every single call: one prepared statement instead of building the same query.
        """
        push = self._current()
        with connection.cursor() as cursor:
            cursor.execute(
                _RENEW[connection.vendor],
                [self._batch.lease.total_seconds(), note, message_id, push.pk, push.lease_token],
            )
            return bool(cursor.rowcount)

    def _current(self) -> Push:
        if self._push is None:
            raise AssertionError("a call was made for no push: begin() comes first")
        return self._push
