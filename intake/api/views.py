"""The webhook: store what an authentic sender sends, answer at once, ring the bell.

Invariant: 200 means that the delivery is committed. Not authentic, too large or of an unknown type: a 4xx with a
sentence, and a counter. Authentic but unreadable is stored all the same (a 4xx would lose the lead) and shows as a
dead letter. A database that is down, locked or stalled: 503 within five seconds, so that the sender tries again.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, connection, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed, MethodNotAllowed, UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from intake.api import outage
from intake.api.authentication import SourceAuthentication, door, raw_body
from intake.api.content_type import sent_type
from intake.api.deadline import ANSWER_WITHIN_SECONDS, database_deadline
from intake.api.parsers import BodyTooLarge, RawBytesParser, WhateverTheySay, settle_length
from intake.api.serializers import Problem, Receipt
from intake.api.throttling import SourceThrottle
from intake.services.count_refusal import count_refusal
from intake.services.receive import Received, receive
from intake.signatures.base import Refused
from intake.signatures.meta import answer_challenge

log = structlog.get_logger("webhook")

# What intake.mapping.decode can read; an empty type is looked at, since some senders name none.
READABLE_TYPES = ("", "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
# Kept with a delivery because they help to explain it. Never a signature, a token or a cookie.
KEPT_HEADERS = ("user-agent", "webhook-id", "webhook-timestamp", "x-request-id")


class Unavailable(APIException):
    """We cannot store anything right now."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The lead could not be stored just now. Nothing was accepted; please send it again."


class HookView(APIView):
    """One address per source."""

    authentication_classes = [SourceAuthentication]
    permission_classes: list[Any] = []
    parser_classes = [RawBytesParser]
    content_negotiation_class = WhateverTheySay
    throttle_classes = [SourceThrottle]
    http_method_names = ["get", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        connections["default"].health_check_done = True  # type: ignore[attr-defined]  # `_store` gives a dead connection a second chance, for free
        with database_deadline(ANSWER_WITHIN_SECONDS):
            return super().dispatch(request, *args, **kwargs)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        settle_length(request)
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who is it, and how often? There is no version or format to negotiate and no permission beyond the proof."""
        if request.method == "GET":  # only Meta asks, and it proves itself in the query
            return
        if outage.lasts():
            raise Unavailable
        self.perform_authentication(request)
        self.check_throttles(request)

    @extend_schema(
        operation_id="send_lead",
        summary="Send a lead",
        description="The body as the source writes it: JSON, form, multipart or XML. A resend changes nothing.",
        request={"application/json": OpenApiTypes.OBJECT},
        responses={
            200: Receipt,
            401: OpenApiResponse(Problem, "Not authentic; nothing was stored."),
            404: OpenApiResponse(Problem, "No such source."),
            413: OpenApiResponse(Problem, "Too large; nothing was stored."),
            415: OpenApiResponse(Problem, "A type that we cannot read; nothing was stored."),
            429: OpenApiResponse(Problem, "Too many requests a minute."),
            503: OpenApiResponse(Problem, "Could not be stored; send it again."),
        },
    )
    def post(self, request: Request, source: str, token: str = "") -> HttpResponse:
        auth: Any = request.auth
        found, verified = auth
        body = raw_body(request)
        content_type = sent_type(request)
        media_type = content_type.partition(";")[0].strip().lower()
        if not _may_send(media_type, found.source.content_types):
            raise UnsupportedMediaType(
                media_type, f"This source does not send {media_type or 'requests without a type'}. Nothing was stored."
            )
        if found.source.max_bytes and len(body) > found.source.max_bytes:
            raise BodyTooLarge
        received = _store(
            found.source,
            body,
            content_type=content_type,
            headers=_kept(request._request),
            key_id=verified.key_id,
            event_id=verified.event_id,
        )
        outage.end()
        return JsonResponse(
            {"status": "duplicate" if received.repeat else "accepted", "delivery": str(received.public_id)}
        )

    @extend_schema(exclude=True)
    def get(self, request: Request, source: str, token: str = "") -> HttpResponse:
        """Meta's question when a webhook is entered there."""
        found = door(source)
        if found.scheme.name != "meta":
            raise MethodNotAllowed("GET", "Leads are sent here by POST.")
        query = {name: values[0] for name, values in request.query_params.lists() if values}
        answer = answer_challenge(query, verify_tokens=found.verify_tokens, now=timezone.now())
        if isinstance(answer, Refused):
            raise AuthenticationFailed(answer.message, code=answer.code)
        return HttpResponse(answer, content_type="text/plain")

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, DatabaseError | InterfaceError):
            log.error("webhook_unavailable", source=self.kwargs.get("source"), error=type(exc).__name__)
            outage.begin()
            exc = Unavailable()
        elif isinstance(exc, APIException) and not isinstance(exc, Unavailable):
            slug = self.kwargs["source"] if exc.status_code != status.HTTP_404_NOT_FOUND else "?"
            count_refusal(source=slug, code=str(exc.get_codes()))
        response = super().handle_exception(exc)
        if response.status_code == status.HTTP_503_SERVICE_UNAVAILABLE:
            response["Retry-After"] = "5"
        return response


@extend_schema_view(post=extend_schema(operation_id="send_lead_to_secret_address"))
class SecretHookView(HookView):
    """The same, at an address whose last part is the secret."""


def _kept(request: HttpRequest) -> dict[str, str]:
    sent = request.headers
    return {name: sent[name][:300] for name in KEPT_HEADERS if name in sent}


def _may_send(media_type: str, allowed: list[str]) -> bool:
    if allowed:
        return media_type in allowed
    return media_type in READABLE_TYPES or media_type.endswith(("/xml", "+xml", "/json", "+json"))


def _store(*args: Any, **kwargs: Any) -> Received:
    """Store; a connection that died since its last use gets one second chance, while there is time for one."""
    started = time.monotonic()
    try:
        return receive(*args, **kwargs)
    except (DatabaseError, InterfaceError):
        if connection.in_atomic_block or time.monotonic() - started > 0.5:
            raise
        connection.close()
    return receive(*args, **kwargs)
