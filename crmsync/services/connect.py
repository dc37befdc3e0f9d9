"""Open an account: resolve its secret and hand it to the adapter of its kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from crmsync.crms import registry as crms
from crmsync.crms.base import CrmClient
from crmsync.mailboxes import registry as mailboxes
from crmsync.mailboxes.base import Mailbox
from crmsync.models import Connection
from crmsync.providers import registry as providers
from crmsync.providers.base import Provider
from crmsync.transport.errors import Misconfigured
from crmsync.transport.http import Exchange
from intake.secrets import SecretUnavailable, resolve


def crm(
    account: Connection,
    *,
    before_call: Callable[[], None] | None = None,
    on_exchange: Callable[[Exchange], None] | None = None,
) -> CrmClient:
    """A client of this CRM account.

    Args:
        before_call: runs right before each request; if it raises, nothing is sent.
        on_exchange: told of every request, redacted.

    Raises:
        Misconfigured: its secret, address or options cannot be used.
    """
    return crms.client(
        account.kind,
        base_url=account.base_url,
        token=_secret(account),
        options=account.options,
        before_call=before_call,
        on_exchange=on_exchange,
    )


def provider(
    account: Connection,
    *,
    before_call: Callable[[], None] | None = None,
    on_exchange: Callable[[Exchange], None] | None = None,
) -> Provider:
    """A client of this provider's account; arguments and refusals as of `crm`."""
    return providers.provider(
        account.kind,
        base_url=account.base_url,
        token=_secret(account),
        options=account.options,
        before_call=before_call,
        on_exchange=on_exchange,
    )


def mailbox(account: Connection) -> Mailbox:
    """The mailbox of this account, not yet open.

    Raises:
        Misconfigured: its secret, address or options cannot be used.
    """
    return mailboxes.mailbox(
        account.kind,
        address=account.base_url,
        password=_secret(account) if account.secret_reference else "",
        options=account.options,
        folder=Path(settings.EMAIL_FILES_DIR),
    )


def _secret(account: Connection) -> str:
    try:
        return resolve(account.secret_reference)
    except SecretUnavailable as error:
        raise Misconfigured("no_secret", f"{error} Nothing is sent until it is there.") from error
