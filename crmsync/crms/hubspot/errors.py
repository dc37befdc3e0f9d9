"""From HubSpot's refusals to our errors.

Sentences are ours and fixed: HubSpot's own message repeats the payload, and is kept in the redacted exchange
only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmsync.crms.hubspot.vendor import (
    CATEGORY,
    EXISTING_ID,
    LOCKED_WAIT,
    MIGRATING,
    NAMED_FIELD,
    POLICY_WAITS,
    TAKEN,
    TAKEN_BY,
)
from crmsync.transport.errors import (
    Conflict,
    CrmError,
    Misconfigured,
    NotFound,
    Permanent,
    RateLimited,
    Transient,
    from_status,
)
from crmsync.transport.http import Response

_EXISTS = "HubSpot already has a record with this e-mail address or id."
_INVALID = "HubSpot refused a value of this record. The answer names the field; mend it and redrive."
_LOOK = "What it said stands on the page of the push, under its last try; redrive when the reason is gone."
_NO_FIELD = "HubSpot does not know a field that we write. Run the connection test, which creates our own fields."


def from_answer(response: Response, *, safe: bool) -> CrmError:
    """Name the error of an answer that is not 2xx."""
    body = response.body
    if response.status == 429:
        policy = str(body.get("policyName") or "")
        wait = response.retry_after
        if wait is None:
            wait = POLICY_WAITS.get(policy, POLICY_WAITS["TEN_SECONDLY_ROLLING"])
        return RateLimited(
            "rate_limited", "HubSpot asked us to slow down. The call waits its turn.", wait, policy=policy
        )
    if response.status == 423:
        return Transient(
            "locked",
            "Another change to this record is under way in HubSpot. The call is made again.",
            response.retry_after if response.retry_after is not None else LOCKED_WAIT,
        )
    if response.status == MIGRATING:
        return Transient("migrating", "HubSpot is moving this account. The call is made again.", response.retry_after)
    if response.status == 403 and body.get("category") == "MISSING_SCOPES":
        return Misconfigured(
            "missing_scopes", "The HubSpot key lacks a right. Give it the scopes named in the connection test."
        )
    if response.status in (400, 409):
        return from_refusal(body)
    return from_status(response.status, safe=safe, retry_after=response.retry_after)


def from_refusal(body: Mapping[str, Any]) -> CrmError:
    """Name the refusal of one record: the body of a 400 or 409, or one of a batch answer's errors."""
    category = str(body.get("category") or "")
    message = str(body.get("message") or "")
    if found := EXISTING_ID.search(message):
        return Conflict("conflict", _EXISTS, existing_id=found[1])
    if TAKEN.search(message):
        by = TAKEN_BY.search(message)
        return Conflict("conflict", _EXISTS, existing_id=by[1] if by else "")
    if category == "CONFLICT":
        return Conflict("conflict", _EXISTS)
    if category == "OBJECT_NOT_FOUND":
        return NotFound("not_found", "HubSpot does not have this record.")
    if "PROPERTY_DOESNT_EXIST" in message:
        return Misconfigured("unknown_field", _NO_FIELD)
    if "Unable to infer object type" in message:
        return Misconfigured(
            "unknown_object", "HubSpot does not know the object that properties are written to. Check the options."
        )
    if NAMED_FIELD.search(message):
        return Permanent("invalid", _INVALID)
    why = f"It calls this {category}. " if CATEGORY.fullmatch(category) else ""
    return Permanent("refused", f"HubSpot refused this record and named no field. {why}{_LOOK}")
