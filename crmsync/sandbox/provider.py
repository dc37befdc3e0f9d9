"""The sandbox provider: plays BatchData. Answers are made up from what is asked, the same each time; each match is
billed, and the bill can be read. Nothing here is real, and it calls nobody but the callback that it was given.

Own paths, without a key: ``GET /`` the bill in words; ``/_sandbox/faults`` (GET, POST, DELETE clears),
``GET /_sandbox/state`` counts and the bill, ``POST /_sandbox/reset``.
"""

from __future__ import annotations

import hmac
import json
import socket
import struct
import threading
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from crmsync.sandbox.answers import SERVICES, dice
from crmsync.sandbox.faults import RULES, Fault, Faults

LARGEST_BODY = 10 * 1024 * 1024
API = "/api/v1"
# Crockford's letters, as a ULID has them.
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class Bill:
    """What was asked and billed, in memory: a fresh start is a fresh account."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    billed: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, path: str, billed: list[str], status: int) -> None:
        with self.lock:
            self.calls.append({"path": path, "billed": len(billed), "status": status})
            self.billed += [{"path": path, "what": what} for what in billed]

    def reset(self) -> None:
        with self.lock:
            self.calls.clear()
            self.billed.clear()


class ProviderServer(ThreadingHTTPServer):
    """The sandbox provider on one port.

    Args:
        address: host and port; port 0 takes a free one.
        token: the key that callers must show.
        delay: seconds until the answer to an asynchronous question is sent.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], *, token: str = "sandbox-token", delay: float = 0.5) -> None:  # noqa: S107 - the sandbox's own
        self.token, self.delay = token, delay
        self.bill = Bill()
        self.faults = Faults()
        self.closing = threading.Event()
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}{API}"

    def close(self) -> None:
        """Stop, and release those who wait for an answer."""
        self.closing.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox-provider"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: ProviderServer

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Calls are kept in the bill, not on the terminal."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._reply(413, _status(413, "Payload Too Large"))
            return
        body = self.rfile.read(int(length))
        if self.path.startswith(API):
            self._api(self.path.removeprefix(API), body)
        else:
            self._own(body)

    def _api(self, path: str, body: bytes) -> None:
        server = self.server
        fault = server.faults.draw(self.command, path)
        if fault is not None and fault.rule == "latency":
            server.closing.wait(fault.seconds)
        if fault is not None and not RULES[fault.rule]:
            server.bill.add(path, [], fault.status)
            if fault.rule == "reset":
                self._fall_silent(fault)
            else:
                status = 429 if fault.rule == "retry_after" else fault.status
                waits = {"Retry-After": str(int(fault.seconds))} if fault.rule == "retry_after" else {}
                self._reply(status, _status(status, "Refused"), waits)
            return
        status, answer, billed = self._answer(path, body)
        server.bill.add(path, billed, status)
        if fault is not None and fault.rule in ("stored_reset", "stored_timeout"):
            self._fall_silent(fault)
        elif fault is not None and fault.rule == "stored_500":
            self._reply(fault.status, _status(fault.status, "Internal Server Error"))
        else:
            self._reply(status, answer)

    def _answer(self, path: str, body: bytes) -> tuple[int, dict[str, Any], list[str]]:
        """Status, body, and what is billed."""
        expected = f"Bearer {self.server.token}".encode()
        if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), expected):
            return 401, _status(401, "Unauthorized"), []
        try:
            given = json.loads(body)
            requests = given["requests"]
        except (ValueError, KeyError, TypeError):
            requests = None
        plain = path.removesuffix("/async")
        if plain not in SERVICES:
            return 404, _status(404, "Not Found"), []
        if self.command != "POST" or not isinstance(requests, list) or not 0 < len(requests) <= 100:
            return 400, _status(400, "Bad Request"), []
        try:
            results, billed = SERVICES[plain](requests)
        except (KeyError, TypeError, AttributeError):
            return 400, _status(400, "Bad Request"), []
        if plain == path:
            return 200, {"status": {"code": 200, "text": "OK"}, "results": results}, billed
        name = _ulid(body)
        address = (given.get("options") or {}).get("webhookUrl")
        if not address:
            return 400, _status(400, "Bad Request"), []
        answer = {"status": {"code": 200, "text": "OK"}, "meta": {"requestId": name}, "results": results}
        threading.Thread(target=self._call_back, args=(address, answer), daemon=True).start()
        return 200, {"status": {"code": 200, "text": "OK"}, "requestId": name}, billed

    def _call_back(self, address: str, answer: dict[str, Any]) -> None:
        if self.server.closing.wait(self.server.delay) or not address.startswith(("http://", "https://")):
            return
        request = urllib.request.Request(  # noqa: S310 - http only, see above
            address, json.dumps(answer).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310
                self.server.bill.add("callback", [], reply.status)
        except OSError as problem:
            self.server.bill.add("callback", [], getattr(problem, "code", 0))

    def _fall_silent(self, fault: Fault) -> None:
        """Do not answer: break the connection at once, or let the client wait and then hang up."""
        self.close_connection = True
        if fault.rule == "stored_timeout":
            self.server.closing.wait(fault.seconds)
        # Lingering for 0 s makes the close a reset.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _own(self, body: bytes) -> None:
        server = self.server
        match self.command, self.path:
            case "GET", "/":
                lines = ["Sandbox provider. Plays BatchData; nothing here is real.", ""]
                lines += [f"{one['path']}  {one['what']}" for one in server.bill.billed] or ["Nothing was billed yet."]
                self._send(200, "\n".join(lines).encode(), {"Content-Type": "text/plain; charset=utf-8"})
            case "GET", "/_sandbox/state":
                with server.bill.lock:
                    state = {"calls": list(server.bill.calls), "billed": list(server.bill.billed)}
                self._reply(200, state)
            case "POST", "/_sandbox/reset":
                server.bill.reset()
                server.faults.clear()
                self._reply(200, {"reset": True})
            case "GET", "/_sandbox/faults":
                self._reply(200, {"faults": server.faults.show()})
            case "DELETE", "/_sandbox/faults":
                server.faults.clear()
                self._reply(200, {"faults": []})
            case "POST", "/_sandbox/faults":
                try:
                    server.faults.add(Fault.read(json.loads(body)))
                except (ValueError, TypeError) as problem:
                    self._reply(400, {"message": str(problem)})
                    return
                self._reply(200, {"faults": server.faults.show()})
            case _:
                self._reply(404, {"message": "There is no such page here."})

    def _reply(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, raw: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(raw)), "X-Content-Type-Options": "nosniff"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)
        self.wfile.flush()


def _status(code: int, text: str) -> dict[str, Any]:
    return {"status": {"code": code, "text": text}}


def _ulid(body: bytes) -> str:
    number = dice(body, threading.get_ident(), id(body))
    return "".join(_ULID[number >> (5 * place) & 31] for place in range(9)).rjust(26, "0")
