"""The one HTTP client: timeouts, the last check before a call, redaction, and what a failure means.

    adapter -> Http.request -> before_call (is the lease still ours?) -> urllib3 -> Exchange -> Response or
    CrmError

Invariants: one `request` sends at most one request (no retries, no redirects); nothing is sent when
`before_call` raises; what may have been sent and has no readable answer is Ambiguous, unless it only read; a
secret never enters an Exchange.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3
from urllib3 import exceptions as failures
from urllib3.response import BaseHTTPResponse

from crmsync.transport.connections import pool_for
from crmsync.transport.errors import Ambiguous, CrmError, Misconfigured, Transient
from crmsync.transport.redaction import Redactor
from crmsync.transport.retry import parse_retry_after

# An attempt keeps this many characters of either side: enough to see what was said, not enough to fill a
# table.
KEPT_CHARACTERS = 4_000

# No CRM answer we ask for comes near this; a bigger one is a mistake, and must not fill the worker's memory.
LARGEST_ANSWER = 4 * 1024 * 1024

_NO_RETRIES = urllib3.Retry(False, redirect=False)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-system-key", "x-api-key"})


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds: to connect; of silence while reading; and after which a body still dripping in is given up."""

    connect: float = 3.0
    read: float = 10.0
    whole: float = 12.0


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status. `headers` have lower-case names; `retry_after` is in seconds."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it, redacted and cut, to be kept with the attempt."""

    method: str
    path: str
    request: str
    status: int | None
    response: str
    milliseconds: int
    error: str  # the code of the CrmError, or empty


class Http:
    """Speaks JSON to one address.

    Args:
        base_url: ``https://api.example.com``, with or without a path.
        headers: sent with every request; credentials among them are redacted.
        timeout: seconds, see `Timeout`.
        allow_private: whether the address may lie in a private network or on this machine.
        secrets: further values that must not be kept.
        before_call: called right before each request; if it raises, nothing is sent.
        on_exchange: told of every request that was tried.
        clock: the current time, aware; only for reading Retry-After dates.

    Raises:
        Misconfigured: the address or a header cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        timeout: Timeout | None = None,
        *,
        allow_private: bool = False,
        secrets: Sequence[str] = (),
        before_call: Callable[[], None] | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._timeout = timeout or Timeout()
        self._urllib3_timeout = urllib3.Timeout(connect=self._timeout.connect, read=self._timeout.read)
        self._before_call = before_call
        self._on_exchange = on_exchange
        self._clock = clock
        self._headers = {"User-Agent": "steward", "Accept": "application/json", **headers}
        if not all(value.isascii() and value.isprintable() for value in self._headers.values()):
            raise Misconfigured(
                "bad_credential",
                "The key of this connection holds characters that no key has, perhaps a line break. Enter it again.",
            )
        self._headers_with_body = {**self._headers, "Content-Type": "application/json"}
        self._secrets = [*secrets, *(value for name, value in headers.items() if name.lower() in _SECRET_HEADERS)]
        self._redact = Redactor(self._secrets)
        self._pool, self._prefix = pool_for(base_url, allow_private=allow_private)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        json: object = None,
        safe: bool,
        secrets: Sequence[str] = (),
    ) -> Response:
        """Send one request and return its answer, whatever the status.

        Args:
            path: begins with a slash; variable parts already quoted.
            json: the body, if any.
            safe: true if the request only reads, so that a lost answer costs nothing.
            secrets: values of this request that must not be kept.

        Raises:
            Transient: not sent, or it only read.
            Ambiguous: sent, and the outcome is unknown.
            Misconfigured: the address is not one we may or can speak to.
        """
        target = f"{path}?{urlencode(query)}" if query else path
        body = None if json is None else orjson.dumps(json)
        redact = Redactor([*self._secrets, *secrets]) if secrets else self._redact
        if self._before_call is not None:
            self._before_call()
        started = perf_counter()
        status: int | None = None
        raw, code = b"", ""
        try:
            answer = self._send(method, self._prefix + target, body, safe=safe)
            status = answer.status
            raw = self._read(answer, started, safe=safe)
            return self._response(answer, raw, safe=safe)
        except CrmError as error:
            code = error.code
            raise
        finally:
            if self._on_exchange is not None:
                self._on_exchange(
                    Exchange(
                        method=method,
                        path=redact(target, KEPT_CHARACTERS),
                        request=redact((body or b"").decode(), KEPT_CHARACTERS),
                        status=status,
                        response=redact(raw.decode(errors="replace"), KEPT_CHARACTERS),
                        milliseconds=round((perf_counter() - started) * 1000),
                        error=code,
                    )
                )

    def _send(self, method: str, target: str, body: bytes | None, *, safe: bool) -> BaseHTTPResponse:
        try:
            return self._pool.urlopen(
                method,
                target,
                body=body,
                headers=self._headers if body is None else self._headers_with_body,
                retries=_NO_RETRIES,
                redirect=False,
                timeout=self._urllib3_timeout,
                preload_content=False,
            )
        except (failures.NewConnectionError, failures.ConnectTimeoutError) as problem:
            raise Transient(
                "unreachable", "The CRM could not be reached. Nothing was sent; the call is made again."
            ) from problem
        except failures.SSLError as problem:
            if _is_certificate_problem(problem):
                raise Misconfigured(
                    "bad_certificate",
                    "The CRM could not prove who it is (its certificate is not valid). Nothing was sent.",
                ) from problem
            raise _outcome_unknown("reset", safe=safe) from problem
        except failures.LocationParseError as problem:
            raise Misconfigured("bad_address", "The address of this connection names no host.") from problem
        except failures.TimeoutError as problem:
            raise _outcome_unknown("timed_out", safe=safe) from problem
        except failures.HTTPError as problem:
            raise _outcome_unknown("reset", safe=safe) from problem

    def _read(self, answer: BaseHTTPResponse, started: float, *, safe: bool) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            while chunk := answer.read1(65_536, decode_content=True):
                chunks.append(chunk)
                size += len(chunk)
                if size > LARGEST_ANSWER or perf_counter() - started > self._timeout.whole:
                    answer.close()
                    raise _outcome_unknown("answer_too_long", safe=safe)
        except failures.TimeoutError as problem:
            raise _outcome_unknown("timed_out", safe=safe) from problem
        except failures.HTTPError as problem:
            raise _outcome_unknown("answer_cut", safe=safe) from problem
        return b"".join(chunks)

    def _response(self, answer: BaseHTTPResponse, raw: bytes, *, safe: bool) -> Response:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body: object = {}
        try:
            body = orjson.loads(raw) if raw else {}
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            if answer.status < 300:
                raise _outcome_unknown("unreadable_answer", safe=safe)
            body = {}  # an error page of a proxy: its status says what matters
        asked = headers.get("retry-after")
        wait = None if asked is None else parse_retry_after(asked, self._clock())
        return Response(answer.status, headers, body, wait)


_UNKNOWN = {
    "timed_out": "The CRM did not answer in time.",
    "reset": "The connection to the CRM broke before it answered.",
    "answer_cut": "The CRM's answer broke off.",
    "answer_too_long": "The CRM's answer did not end in time or was far too long.",
    "unreadable_answer": "The CRM answered something that is not a CRM's answer.",
}


def _outcome_unknown(code: str, *, safe: bool) -> CrmError:
    if safe:
        return Transient(code, f"{_UNKNOWN[code]} We only asked a question; the call is made again.")
    return Ambiguous(code, f"{_UNKNOWN[code]} It may have done what we asked; we look before we write again.")


def _is_certificate_problem(problem: failures.SSLError) -> bool:
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in (*problem.args, problem.__cause__))
