"""What went wrong outside, named by what we should do next.

Every adapter raises these and nothing else; whoever catches one never has to know which CRM it came from.

Invariant: `code` is a stable word to filter by, `message` a fixed sentence for people. Neither ever holds a
payload or a credential: what was said on the wire belongs to the Exchange, which is redacted.
"""

from __future__ import annotations


class CrmError(Exception):
    """A call to the outside did not do what was asked.

    Args:
        code: stable word, e.g. ``"timed_out"``.
        message: what happened and what it means, in plain words, without payload or credential.
        retry_after: seconds the other side asked us to wait, if it said so.
    """

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Transient(CrmError):
    """Certainly not done, or safe to do again: try later."""


class RateLimited(Transient):
    """The other side is counting our calls and said "not now".

    Args:
        policy: the limit's own name where it has one, e.g. ``"DAILY"``.
    """

    def __init__(self, code: str, message: str, retry_after: float | None = None, *, policy: str = "") -> None:
        super().__init__(code, message, retry_after)
        self.policy = policy


class Ambiguous(CrmError):
    """The request left us and we do not know what became of it: look before doing it again."""


class Permanent(CrmError):
    """Asking again with the same words gives the same answer: a person must look."""


class Conflict(Permanent):
    """The record is already there.

    Args:
        existing_id: the other side's id of it; empty if it did not say.
    """

    def __init__(self, code: str, message: str, *, existing_id: str = "") -> None:
        super().__init__(code, message)
        self.existing_id = existing_id


class NotFound(Permanent):
    """The record we meant is not there (any more)."""


class Misconfigured(CrmError):
    """Nothing on this connection can work until a person mends it: key, rights, address or schema."""


# Timed out before it was read whole, locked, too early: by definition nothing was done.
_NOT_DONE = frozenset({408, 423, 425})


def from_status(status: int, *, safe: bool, retry_after: float | None = None) -> CrmError:
    """Name the error that an HTTP status alone tells; adapters refine it by the body where a vendor says
    more.

    Args:
        status: a status that is not 2xx.
        safe: whether the request only read.
        retry_after: seconds from the answer's Retry-After, if any.
    """
    if status == 429:
        return RateLimited("rate_limited", "The CRM asked us to slow down. The call waits its turn.", retry_after)
    if status in (401, 403):
        return Misconfigured(
            "not_allowed" if status == 403 else "not_authenticated",
            "The CRM refused our key or its rights. Leads wait until the connection is mended.",
        )
    if status == 404:
        return NotFound("not_found", "The CRM does not have this record.")
    if status == 409:
        return Conflict("conflict", "The CRM says this record already exists.")
    if 300 <= status < 400:
        return Misconfigured("redirected", "The CRM's address sends us elsewhere. Check the address of the connection.")
    if status in _NOT_DONE:
        return Transient("try_later", "The CRM was busy with this record. The call is made again.", retry_after)
    if status >= 500:
        if safe:
            return Transient("server_error", "The CRM had a fault. The call is made again.", retry_after)
        return Ambiguous(
            "server_error",
            "The CRM had a fault after it got our request. We look before we write again.",
            retry_after,
        )
    return Permanent("refused", "The CRM refused the request as it stands. A person must look at it.")
