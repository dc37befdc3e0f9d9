"""How HubSpot says no."""

from __future__ import annotations

import json
import uuid
from typing import Any


class Refusal(Exception):
    """A request, or one input of a batch, that is refused.

    Args:
        context: shown with the error, e.g. ``{"ids": ["7"]}``.
    """

    def __init__(
        self,
        status: int,
        message: str,
        category: str = "VALIDATION_ERROR",
        *,
        context: dict[str, list[str]] | None = None,
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.context = context
        self.extra = extra or {}
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "status": "error",
            "message": self.message,
            "correlationId": str(uuid.uuid4()),
            "category": self.category,
            **self.extra,
        }
        if self.context:
            body["context"] = self.context
        return body


def invalid_properties(problems: list[dict[str, Any]]) -> Refusal:
    return Refusal(400, "Property values were not valid: " + json.dumps(problems, separators=(",", ":")))


def not_json() -> Refusal:
    return Refusal(400, "Invalid input JSON on line 1, column 1: the body could not be read")


def unauthenticated() -> Refusal:
    return Refusal(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
        "INVALID_AUTHENTICATION",
    )


def not_found(id: str) -> Refusal:
    return Refusal(404, f"resource not found: {id}", "OBJECT_NOT_FOUND", context={"ids": [id]})


def conflict(singular: str, existing: int) -> Refusal:
    return Refusal(409, f"{singular} already exists. Existing ID: {existing}", "CONFLICT")


def rate_limited(policy: str, retry_after: float | None) -> Refusal:
    return Refusal(
        429,
        f"You have reached your {policy.lower()} limit.",
        "RATE_LIMITS",
        extra={"errorType": "RATE_LIMIT", "policyName": policy},
        headers={} if retry_after is None else {"Retry-After": f"{retry_after:g}"},
    )


def of_status(status: int) -> Refusal:
    """A refusal that only a fault asks for."""
    if status == 401:
        return unauthenticated()
    if status == 429:
        return rate_limited("TEN_SECONDLY_ROLLING", None)
    category = {403: "MISSING_SCOPES", 404: "OBJECT_NOT_FOUND", 423: "LOCKED", 400: "VALIDATION_ERROR"}
    return Refusal(status, "Injected fault", category.get(status, "INTERNAL_ERROR"))
