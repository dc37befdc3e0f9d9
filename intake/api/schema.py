"""How the OpenAPI document describes the proof of a source."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class SourceProof(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Each source has a scheme of its own, which no OpenAPI scheme can spell out."""

    target_class = "intake.api.authentication.SourceAuthentication"
    name = "sourceProof"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "webhook-signature",
            "description": "As agreed with the source: a signature header (Standard Webhooks, HMAC, Meta), a token in "
            "a header or the query, a key in the body, or a secret address.",
        }
