"""Which adapter speaks to which kind of CRM."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crmsync.crms.base import CrmClient
from crmsync.crms.hubspot.client import HubSpot
from crmsync.transport.http import Exchange

ADAPTERS: Mapping[str, type[HubSpot]] = {"hubspot": HubSpot}


def client(
    kind_name: str,
    *,
    base_url: str,
    token: str,
    options: Mapping[str, object] | None = None,
    before_call: Callable[[], None] | None = None,
    on_exchange: Callable[[Exchange], None] | None = None,
) -> CrmClient:
    """Return a client of one account; cheap, connections are shared.

    Args:
        kind_name: a key of `ADAPTERS`.
        base_url: empty for the vendor's own address.
        options: what this kind of account can be told (see the adapter).
        before_call: runs right before each request; if it raises, nothing is sent.
        on_exchange: told of every request, redacted.

    Raises:
        Misconfigured: address, key or options cannot be used.
        KeyError: no such kind.
    """
    return ADAPTERS[kind_name](
        base_url=base_url,
        token=token,
        options=options or {},
        before_call=before_call,
        on_exchange=on_exchange,
    )
