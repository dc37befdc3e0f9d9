"""A tiny server on a free loopback port that says exactly what a test tells it to, and remembers what it
heard."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Wire:
    """Plays `script` (one entry per request): bytes to answer, or one of the words below.

    "hang": keep the connection open and say nothing until the test ends.  "close": hang up without an answer.
    """

    def __init__(self, script: list[bytes | str]) -> None:
        self.script = list(script)
        self.heard: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            while request := _read_request(connection):
                self.heard.append(request)
                line = self.script.pop(0)
                if line == "close":
                    return
                if line == "hang":
                    self.over.wait(30)
                    return
                connection.sendall(line)
                if b"Connection: close" in line:
                    return

    def close(self) -> None:
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65_536)
            if not chunk:
                return b""
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = 0
        for row in head.split(b"\r\n")[1:]:
            name, _, value = row.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        while len(body) < length:
            body += connection.recv(65_536)
    except OSError:
        return b""
    return head + b"\r\n\r\n" + body


def answer(status: str = "200 OK", body: bytes = b"{}", **headers: str) -> bytes:
    rows = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    rows += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(rows).encode() + b"\r\n\r\n" + body


@contextmanager
def playing(*script: bytes | str) -> Iterator[Wire]:
    wire = Wire(list(script))
    try:
        yield wire
    finally:
        wire.close()
