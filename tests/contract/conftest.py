"""The sandbox CRM on a free loopback port, fresh for each test, and clients that speak to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crmsync.crms import registry
from crmsync.crms.base import CrmClient
from crmsync.sandbox.account import Account, Settings
from crmsync.sandbox.faults import Fault
from crmsync.sandbox.server import SandboxServer

TOKEN = "pat-sandbox-5c1e"


class Sandbox:
    """What a test does to the sandbox and sees of it, without HTTP."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.url = server.url

    def fresh(self) -> None:
        self.server.faults.clear()
        self.server.account = Account(self.server.store, Settings(token=TOKEN))
        self.server.store.clock = lambda: 1_800_000_000.0
        with self.server.store.transaction():
            self.server.store.reset()

    def fault(self, rule: str, **how: Any) -> None:
        self.server.faults.add(Fault(rule, **how))

    def records(self, kind: str) -> dict[str, dict[str, str]]:
        """id -> properties."""
        with self.server.store.transaction():
            return {str(record.id): record.properties for record in self.server.store.select(kind)}

    def associated(self, id: str, kind: str) -> list[str]:
        with self.server.store.transaction():
            return [str(other) for other, _ in self.server.store.associated(int(id), kind)]

    def calls(self) -> list[dict[str, Any]]:
        """Oldest first."""
        with self.server.store.transaction():
            return self.server.store.calls(1000)[::-1]


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    server = SandboxServer(("127.0.0.1", 0), tmp_path_factory.mktemp("sandbox") / "crm.sqlite3")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.close()
    thread.join(5)


@pytest.fixture
def sandbox(sandbox_server: SandboxServer) -> Sandbox:
    sandbox = Sandbox(sandbox_server)
    sandbox.fresh()
    return sandbox


# Every adapter, in every way it can be set up: (kind of CRM, options).
SETUPS: dict[str, tuple[str, dict[str, Any]]] = {
    "hubspot with dated paths": ("hubspot", {"version": "2026-09"}),
    "hubspot with numbered paths": ("hubspot", {"version": "v3"}),
    "hubspot with a named object and id": (
        "hubspot",
        {"listing_object": "listings", "external_id_property": "team_key"},
    ),
}


@pytest.fixture(params=list(SETUPS))
def client_for(request: pytest.FixtureRequest, sandbox: Sandbox) -> Callable[..., CrmClient]:
    """Make a client of the sandbox; keyword arguments as for `registry.client`, options merged."""
    kind, setup = SETUPS[request.param]

    def make(*, token: str = TOKEN, options: dict[str, Any] | None = None, **more: Any) -> CrmClient:
        merged = {"allow_private": True, "timeout_seconds": 5, **setup, **(options or {})}
        return registry.client(kind, base_url=sandbox.url, token=token, options=merged, **more)

    return make


@pytest.fixture
def crm(client_for: Callable[..., CrmClient]) -> CrmClient:
    """A client whose schema is in place."""
    client = client_for()
    client.ensure_schema()
    return client
