"""A load generator that costs little: ready-made requests over keep-alive connections, one thread, one poll loop.

Everything that takes time is done before the clock starts, so that on a small machine the server gets the processor.
Invariant: each connection has one request in flight, and every request is sent once.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Round:
    """What one round measured. `seconds` from the first request to the last answer; latencies in milliseconds."""

    seconds: float
    statuses: dict[int, int]
    milliseconds: list[float]

    @property
    def accepted_per_second(self) -> float:
        return self.statuses.get(200, 0) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def play(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Round:
    """Send for `seconds`, then let what is in flight finish.

    Raises:
        RuntimeError: the requests ran out, or the server closed a connection.
    """
    left: Iterator[bytes] = iter(requests)
    poll = select.epoll()
    lines: dict[int, socket.socket] = {}
    for _ in range(connections):
        line = socket.create_connection(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(line.fileno(), select.EPOLLIN)
        lines[line.fileno()] = line
    sent_at: dict[int, float] = {}
    heard: dict[int, bytes] = {}
    statuses: dict[int, int] = {}
    latencies: list[float] = []
    begin = time.perf_counter()
    end = begin + seconds

    def send(number: int) -> None:
        request = next(left, None)
        if request is None:
            raise RuntimeError("the requests ran out before the time did")
        sent_at[number] = time.perf_counter()
        heard[number] = b""
        lines[number].sendall(request)

    try:
        for number in lines:
            send(number)
        while sent_at:
            for number, _ in poll.poll(30):
                piece = lines[number].recv(65536)
                if not piece:
                    raise RuntimeError("the server closed a connection")
                heard[number] += piece
                status = _complete(heard[number])
                if status is None:
                    continue
                now = time.perf_counter()
                latencies.append((now - sent_at.pop(number)) * 1000)
                statuses[status] = statuses.get(status, 0) + 1
                if now < end:
                    send(number)
        return Round(time.perf_counter() - begin, statuses, latencies)
    finally:
        poll.close()
        for line in lines.values():
            line.close()


def _complete(answer: bytes) -> int | None:
    """The status once head and body are there."""
    head_end = answer.find(_HEAD_END)
    if head_end < 0:
        return None
    head = answer[:head_end].lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
    return int(answer[9:12]) if len(answer) >= head_end + 4 + length else None
