"""Open an account for one batch, with all that its pushes need at hand, whichever kind they are."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.utils import timezone

from crmsync.models import ASKS, Connection, EmailTemplate, Push, Suppression
from crmsync.options import ProviderOptions, read
from crmsync.services import connect
from crmsync.services.sending.asking import ask_provider
from crmsync.services.sending.assign import assign
from crmsync.services.sending.batch import Batch, load
from crmsync.services.sending.caller import Caller
from crmsync.services.sending.desk import AskDesk, CrmDesk, MailDesk, Outcome
from crmsync.services.sending.letter import alert, first_email
from crmsync.services.sending.task import create_task
from crmsync.services.sending.upsert import upsert_contact, upsert_property
from trail.models import Workflow

log = structlog.get_logger("crmsync.send")

_TO_CRM: dict[str, Callable[[Push, CrmDesk], Outcome]] = {
    Push.Kind.UPSERT_CONTACT: upsert_contact,
    Push.Kind.UPSERT_PROPERTY: upsert_property,
    Push.Kind.ASSIGN: assign,
    Push.Kind.TASK: create_task,
}
_BY_MAIL: dict[str, Callable[[Push, MailDesk], Outcome]] = {
    Push.Kind.EMAIL: first_email,
    Push.Kind.ALERT: alert,
}
_BY_ASKING: dict[str, Callable[[Push, AskDesk], Outcome]] = dict.fromkeys(ASKS, ask_provider)


class Sender:
    """Sends pushes of one batch, of whichever kind."""

    def __init__(self, send: Callable[[Push], Outcome], close: Callable[[], None]) -> None:
        self.send = send
        self.close = close


def open_account(batch: Batch, caller: Caller) -> Sender:
    """Load what the batch needs and open the account.

    Raises:
        CrmError: the account cannot be used; no push was touched.
    """
    account = batch.account
    if account.is_provider:
        asks = AskDesk(
            batch,
            load(account, batch.pushes),
            caller,
            connect.provider(account, before_call=caller.before_call, on_exchange=caller.on_exchange),
            read(ProviderOptions, account.options),
            {one.slug: one for one in Workflow.objects.filter(slug__in={push.workflow for push in batch.pushes})},
        )
        return Sender(lambda push: _BY_ASKING[push.kind](push, asks), lambda: None)
    if account.is_mailbox:
        mail = MailDesk(
            batch,
            load(account, batch.pushes),
            caller,
            connect.mailbox(account),
            list(EmailTemplate.objects.filter(active=True)),
        )
        addresses = {point.key.casefold() for points in mail.records.points.values() for point in points}
        mail.suppressed = frozenset(
            Suppression.objects.filter(email__in=addresses).values_list("email", flat=True) if addresses else ()
        )
        return Sender(lambda push: _BY_MAIL[push.kind](push, mail), mail.mailbox.close)
    client = connect.crm(account, before_call=caller.before_call, on_exchange=caller.on_exchange)
    if account.schema_ready_at is None:
        _make_ready(account)
    desk = CrmDesk(batch, load(account, batch.pushes), caller, client)
    return Sender(lambda push: _TO_CRM[push.kind](push, desk), lambda: None)


def _make_ready(account: Connection) -> None:
    """Before the first write: see to it that the CRM has our unique id."""
    done = connect.crm(account).ensure_schema()
    Connection.objects.filter(pk=account.pk).update(schema_ready_at=timezone.now())
    log.info("schema_ready", connection=account.slug, message=" ".join(done))
