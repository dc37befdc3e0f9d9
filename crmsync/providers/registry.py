"""Which adapter speaks to which kind of provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crmsync.providers.base import Provider
from crmsync.providers.batchdata.client import BatchData
from crmsync.transport.http import Exchange

ADAPTERS: Mapping[str, Callable[..., Provider]] = {"batchdata": BatchData}


def provider(
    kind_name: str,
    *,
    base_url: str,
    token: str,
    options: Mapping[str, Any],
    before_call: Callable[[], None] | None = None,
    on_exchange: Callable[[Exchange], None] | None = None,
) -> Provider:
    """Return a client of one account; cheap, connections are shared.

    Raises:
        Misconfigured: address, key or options cannot be used.
        KeyError: no such kind.
    """
    return ADAPTERS[kind_name](
        base_url=base_url, token=token, options=options, before_call=before_call, on_exchange=on_exchange
    )
