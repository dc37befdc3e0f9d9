"""The last check before each call, and the notes of what was called.

Invariants: nothing goes out for a push whose lease is not ours by the database's clock at that moment, for longer than
two calls can take. Before a letter goes out, that and its Message-ID are committed, before a question that costs money
that, its mark and the money; of what goes to a CRM a crash tells enough, since it can be looked up there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from crmsync.models import Push
from crmsync.services.budget import set_aside
from crmsync.services.reserve import Call
from crmsync.services.sending.batch import Batch
from crmsync.services.sending.holding import hold, note_first_email, note_letter
from crmsync.transport.http import Exchange


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
        """Is this push still ours, for long enough?

        Raises:
            LeaseLost: it is not.
        """
        batch = self._batch
        if not hold(self._current(), at_least=batch.margin, lease=batch.lease):
            raise LeaseLost
        self.called |= self._changes

    def before_letter(self, message_id: str) -> None:
        """Note, under its Message-ID, that a letter is about to go out.

        Raises:
            LeaseLost: the push is not ours any more.
        """
        if not note_letter(self._current(), message_id, lease=self._batch.lease):
            raise LeaseLost
        self._letter_goes(message_id)

    def before_first_email(self, message_id: str, *, addresses: tuple[str, str], since: datetime) -> bool:
        """The same for a first e-mail, unless something has come to stand against it; see `note_first_email`."""
        noted = note_first_email(self._current(), message_id, addresses=addresses, since=since, lease=self._batch.lease)
        if noted:
            self._letter_goes(message_id)
        return noted

    def before_questions(self, prices: Mapping[Push, int], mark: str) -> list[Push]:
        """Set the money aside and note that these questions are about to be asked, in one transaction.

        Args:
            prices: cents per question; the current push is among them.
            mark: names the call.

        Returns:
            Those that are ours to ask; of the others nothing is asked and nothing was set aside.

        Raises:
            BudgetSpent: nothing was written.
            LeaseLost: the current push is not ours any more; nothing was written.
        """
        batch = self._batch
        with transaction.atomic():
            ours = [push for push in prices if note_letter(push, mark, lease=batch.lease)]
            if self._current() not in ours:
                raise LeaseLost
            set_aside({push: prices[push] for push in ours}, batch.account, now=batch.clock())
        for push in ours:
            push.message_id, push.called_at = mark, batch.clock()
        return ours

    def note_request(self, asked: list[Push], mark: str) -> None:
        """Note that the provider took these questions, so that whoever finds them waits for the answer."""
        for push in asked:
            Push.objects.filter(pk=push.pk, lease_token=push.lease_token).update(message_id=mark)
            push.message_id = mark

    def take_back(self, asked: list[Push]) -> None:
        """Note that these questions were certainly not asked, so that they may be."""
        ids = [push.pk for push in asked]
        Push.objects.filter(pk__in=ids, lease_token=self._current().lease_token).update(called_at=None)
        for push in asked:
            push.called_at = None

    def on_exchange(self, exchange: Exchange) -> None:
        """Keep a call for the attempt, and count it for the breaker."""
        self.exchanges.append(asdict(exchange))
        limited = exchange.status == 429
        failed = not limited and (exchange.status is None or exchange.status >= 500)
        self.calls.append(Call(self._batch.clock(), failed, counts=not limited))

    def _letter_goes(self, message_id: str) -> None:
        self.called = True
        self.wrote = "write"
        self._current().message_id = message_id

    def _current(self) -> Push:
        if self._push is None:
            raise AssertionError("a call was made for no push: begin() comes first")
        return self._push
