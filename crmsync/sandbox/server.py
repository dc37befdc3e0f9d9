"""The sandbox's door: HTTP/1.1 with keep-alive, faults, and its own pages beside the API.

Own paths, without a key: ``GET /`` the page; ``/_sandbox/faults`` (GET, POST one or a list, DELETE clears),
``GET /_sandbox/calls?limit=``, ``GET /_sandbox/state``, ``POST /_sandbox/reset``.
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crmsync.sandbox import page, refusals
from crmsync.sandbox.account import Account, Settings
from crmsync.sandbox.catalog import OBJECTS, OWNERS, Owner
from crmsync.sandbox.faults import RULES, Fault, Faults
from crmsync.sandbox.objects import Reply
from crmsync.sandbox.refusals import Refusal
from crmsync.sandbox.store import Store

LARGEST_BODY = 10 * 1024 * 1024


class SandboxServer(ThreadingHTTPServer):
    """The sandbox CRM on one port.

    Args:
        address: host and port; port 0 takes a free one.
        file: the SQLite file.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        file: Path | str,
        settings: Settings | None = None,
        *,
        owners: Iterable[Owner] = OWNERS,
    ) -> None:
        self.store = Store(file, owners=owners)
        self.account = Account(self.store, settings or Settings())
        self.faults = Faults()
        self.closing = threading.Event()
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is its own business; anything else is ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def close(self) -> None:
        """Stop, release those who wait for an answer, keep the data."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        self.store.close()

    def state(self) -> dict[str, Any]:
        """Counts, and what stands there twice."""
        tasks: dict[str, list[int]] = {}
        for task in self.store.select("tasks"):
            for contact, _ in self.store.associated(task.id, "contacts"):
                key = f"{contact}: {task.properties.get('hs_task_subject', '')}"
                tasks.setdefault(key, []).append(task.id)
        people: dict[str, list[int]] = {}
        for contact_record in self.store.select("contacts"):
            known = contact_record.properties
            if known.get("phone"):
                name = f"{known.get('firstname', '')} {known.get('lastname', '')}".lower()
                people.setdefault(f"{known['phone']} {name}".strip(), []).append(contact_record.id)
        return {
            **{kind: self.store.count(kind) for kind in OBJECTS},
            "owners": len(self.store.owners()),
            "calls": {str(status): count for status, count in self.store.call_counts().items()},
            "duplicates": {
                "contacts_by_email": self.store.duplicates("contacts", "email"),
                "contacts_by_phone_and_name": {key: ids for key, ids in people.items() if len(ids) > 1},
                "contacts_by_steward_id": self.store.duplicates("contacts", "steward_id"),
                "listings_by_steward_id": self.store.duplicates("listings", "steward_id"),
                "listings_by_mls_id": self.store.duplicates("listings", "steward_mls_id"),
                "tasks_by_steward_id": self.store.duplicates("tasks", "steward_id"),
                "tasks_by_contact_and_subject": {key: ids for key, ids in tasks.items() if len(ids) > 1},
            },
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox-crm"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet per answer
    server: SandboxServer

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Calls are kept in the database, not on the terminal."""

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        url = urlsplit(self.path)
        if url.path.startswith("/crm/"):
            self._api(url.path, url.query, body)
        elif url.path == "/style.css":
            self._send(200, page.STYLE.encode(), {"Content-Type": "text/css; charset=utf-8"})
        elif url.path == "/" and self.command == "GET":
            with self.server.store.transaction():
                text = page.render(self.server.store)
            self._send(200, text.encode(), {"Content-Type": "text/html; charset=utf-8"})
        else:
            self._own(url.path, url.query, body)

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._reply((411, Refusal(411, "A Content-Length is needed", "VALIDATION_ERROR").body()))
            return None
        if int(length) > LARGEST_BODY:
            self.close_connection = True
            self._reply((413, Refusal(413, "The body is too large", "VALIDATION_ERROR").body()))
            return None
        return self.rfile.read(int(length))

    # The API

    def _api(self, path: str, query: str, body: bytes) -> None:
        started = time.perf_counter()
        fault = self.server.faults.draw(self.command, path)
        if fault is not None and fault.rule == "latency":
            self.server.closing.wait(fault.seconds)
        headers: dict[str, str] = {}
        with self.server.store.transaction():
            reply: Reply
            try:
                if fault is not None and not RULES[fault.rule]:
                    raise _refusal(fault)
                with self.server.store.part():
                    reply = self.server.account.answer(self.command, path, query, self.headers, body)
                if fault is not None and fault.rule == "stored_500":
                    raise refusals.of_status(fault.status)
            except Refusal as refusal:
                reply, headers = (refusal.status, refusal.body()), refusal.headers
            silent = fault is not None and fault.rule in ("reset", "stored_reset", "stored_timeout")
            self.server.store.record_call(
                method=self.command,
                path=self.path,
                status=0 if silent else reply[0],
                fault=fault.rule if fault is not None else "",
                milliseconds=round((time.perf_counter() - started) * 1000),
                body=body,
            )
        if fault is not None and silent:
            self._fall_silent(fault)
        else:
            self._reply(reply, headers)

    def _fall_silent(self, fault: Fault) -> None:
        """Do not answer: break the connection at once, or let the client wait and then hang up."""
        self.close_connection = True
        if fault.rule == "stored_timeout":
            self.server.closing.wait(fault.seconds)
        # Lingering for 0 s makes the close a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    # Our own paths

    def _own(self, path: str, query: str, body: bytes) -> None:
        server = self.server
        match self.command, path:
            case "GET", "/_sandbox/faults":
                self._reply((200, {"faults": server.faults.show()}))
            case "POST", "/_sandbox/faults":
                self._add_faults(body)
            case "DELETE", "/_sandbox/faults":
                server.faults.clear()
                self._reply((200, {"faults": []}))
            case "GET", "/_sandbox/calls":
                limit = parse_qs(query).get("limit", ["1000"])[0]
                with server.store.transaction():
                    calls = server.store.calls(int(limit) if limit.isdigit() else 1000)
                self._reply((200, {"calls": calls}))
            case "GET", "/_sandbox/state":
                with server.store.transaction():
                    state = server.state()
                self._reply((200, state))
            case "POST", "/_sandbox/reset":
                with server.store.transaction():
                    server.store.reset()
                server.faults.clear()
                self._reply((200, {"reset": True}))
            case _:
                self._reply((404, {"message": "There is no such page here."}))

    def _add_faults(self, body: bytes) -> None:
        try:
            given = json.loads(body)
            faults = [Fault.read(one) for one in (given if isinstance(given, list) else [given])]
        except (ValueError, TypeError) as problem:
            self._reply((400, {"message": str(problem)}))
            return
        for fault in faults:
            self.server.faults.add(fault)
        self._reply((200, {"faults": self.server.faults.show()}))

    def _reply(self, reply: Reply, headers: dict[str, str] | None = None) -> None:
        status, body = reply
        raw = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        self._send(status, raw, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, raw: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(raw)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'self'")
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()


def _refusal(fault: Fault) -> Refusal:
    if fault.rule == "retry_after":
        return refusals.rate_limited(fault.policy, fault.seconds)
    if fault.rule == "status" and fault.status == 429:
        return refusals.rate_limited(fault.policy, None)
    return refusals.of_status(fault.status)
