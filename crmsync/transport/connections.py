"""Connections, shared by everything in this process that speaks to the same address.

Invariant: unless it is allowed, nothing is ever said on a connection that ends inside a private network.
That is checked on the connection itself, so that a name which resolves differently the second time gains
nothing.
"""

from __future__ import annotations

import os
import threading
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from crmsync.transport.errors import Misconfigured

# Idle connections kept per address: a worker's threads, with room.
_KEPT_CONNECTIONS = 32


def _refuse_private(connection: HTTPConnection) -> None:
    address = ip_address(connection.sock.getpeername()[0].partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if not address.is_global or address.is_multicast:
        connection.close()
        raise Misconfigured(
            "private_address",
            "The address of this connection leads into a private network. Nothing was sent.",
        )


class _PublicHTTPConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _refuse_private(self)


class _PublicHTTPSConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _refuse_private(self)


class _PublicHTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PublicHTTPConnection


class _PublicHTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPSConnection


_pools: dict[tuple[str, str, int | None, bool], urllib3.HTTPConnectionPool] = {}
_pools_lock = threading.Lock()


def _forget_connections() -> None:
    """A forked child must not speak on its parent's sockets."""
    global _pools_lock
    _pools_lock = threading.Lock()
    _pools.clear()


os.register_at_fork(after_in_child=_forget_connections)


def pool_for(base_url: str, *, allow_private: bool) -> tuple[urllib3.HTTPConnectionPool, str]:
    """Return the shared pool of an address, and the path that every request to it begins with.

    Raises:
        Misconfigured: `base_url` is not the address of a server.
    """
    try:
        url = urlsplit(base_url)
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if not host or url.scheme not in ("http", "https") or url.username or url.query or url.fragment:
        raise Misconfigured(
            "bad_address", "The address of this connection is not one. It reads like https://api.example.com."
        )
    key = (url.scheme, host, port, allow_private)
    with _pools_lock:
        pool = _pools.get(key)
        if pool is None:
            secure = url.scheme == "https"
            if allow_private:
                kind = urllib3.HTTPSConnectionPool if secure else urllib3.HTTPConnectionPool
            else:
                kind = _PublicHTTPSPool if secure else _PublicHTTPPool
            pool = _pools[key] = kind(host, port, maxsize=_KEPT_CONNECTIONS, block=False)
    return pool, url.path.rstrip("/")
