"""Test an account: connect, create or verify our own fields there, and say in words what works and what does not."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from django.utils import timezone

from crmsync.crms.base import Checked
from crmsync.models import Connection
from crmsync.services import connect
from crmsync.transport.errors import Ambiguous, CrmError, Transient
from trail.record import Actor, record


def check(connection_id: int, *, by: Actor, timer: Callable[[], float] = perf_counter) -> Checked:
    """Test one account and keep the result on it. Writes nothing there but our own field definitions.

    Args:
        by: who asked.
        timer: seconds, from any beginning.

    Returns:
        What to tell: the verdict with its milliseconds, what was created there, and what is to be done.
    """
    account = Connection.objects.get(pk=connection_id)
    started = timer()
    try:
        if account.is_crm:
            client = connect.crm(account)
            done = client.ensure_schema()
            checked = client.check()
            checked = Checked(checked.ok, (*done, *checked.sentences))
        elif account.is_provider:
            checked = connect.provider(account).check()
        else:
            checked = connect.mailbox(account).check()
    except (Transient, Ambiguous) as error:
        checked = Checked(False, (_what_happened(account, error),))
    except CrmError as error:
        checked = Checked(False, (error.message,))
    verdict = "works" if checked.ok else "does not work yet"
    took = round((timer() - started) * 1000)
    checked = Checked(checked.ok, (f"{account.name} {verdict}; the test took {took:,} ms.", *checked.sentences))
    now = timezone.now()
    changes: dict[str, object] = {
        "last_check_at": now,
        "last_check_ok": checked.ok,
        "last_check": "\n".join(checked.sentences),
    }
    if checked.ok and account.is_crm:
        changes["schema_ready_at"] = now
    Connection.objects.filter(pk=account.pk).update(**changes)
    record(account, "connection.checked", by=by, detail={"ok": checked.ok, "sentences": list(checked.sentences)})
    return checked


def _what_happened(account: Connection, error: CrmError) -> str:
    """An error's sentence without what it says of a call that is made again: a test makes none. With the address that
    was tried, and the system's reason."""
    sentence = error.message.partition(". ")[0].rstrip(".")
    address = account.base_url or account.get_kind_display()
    advice = " Check the address, and that it is up." if account.base_url else ""
    return f"{sentence} ({', '.join(filter(None, (address, _reason(error))))}).{advice}"


def _reason(error: BaseException) -> str:
    """What the operating system said, such as "connection refused"; "" when it said nothing."""
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        if isinstance(cause, TimeoutError):
            return "no answer in time"
        cause = cause.__cause__
    return ""
