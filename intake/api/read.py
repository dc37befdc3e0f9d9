"""The read API: a source asks what became of what it sent.

Invariant: a token sees the sources that its user may read and nothing else; what belongs to another source is not
there (404), so that nobody learns what others send.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from intake.api.serializers import DeliveryAnswer, LeadAnswer, Problem
from intake.models import Delivery, Lead

_REFUSALS = {
    401: OpenApiResponse(Problem, "No token, or one that is not in force."),
    429: OpenApiResponse(Problem, "Too many questions a minute; Retry-After says when to ask again."),
}
_NOT_THERE = {404: OpenApiResponse(Problem, "There is none such among the sources that this token may read.")}


def _asker(request: Request) -> User | None:
    """Who asks; nobody while the OpenAPI document is made."""
    return request.user if isinstance(request.user, User) else None


class NewestFirst(CursorPagination):
    """Pages that do not shift while leads arrive."""

    ordering = "-id"

    def decode_cursor(self, request: Request) -> Any:
        """The cursor, whose position is an id; DRF would hand any text that somebody made up to the database."""
        cursor = super().decode_cursor(request)
        position = str(cursor.position) if cursor and cursor.position is not None else "0"
        if not (position.isascii() and position.isdigit() and len(position) < 19):
            raise NotFound(self.invalid_cursor_message)
        return cursor


class ReadThrottle(ScopedRateThrottle):
    """Per user, at the rate READ_API_RATE."""


class DeliveryView(RetrieveAPIView[Delivery]):
    """What became of one delivery."""

    serializer_class = DeliveryAnswer
    throttle_classes = [ReadThrottle]
    throttle_scope = "read_api"
    lookup_field = "public_id"

    def get_queryset(self) -> QuerySet[Delivery]:
        mine = Delivery.objects.filter(source__readers__user=_asker(self.request))
        return mine.select_related("source").defer("body")

    @extend_schema(
        operation_id="read_delivery",
        summary="What became of a delivery",
        responses={200: DeliveryAnswer, **_REFUSALS, **_NOT_THERE},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class _OfLeads(GenericAPIView[Lead]):
    """What both views of leads share."""

    serializer_class = LeadAnswer
    throttle_classes = [ReadThrottle]
    throttle_scope = "read_api"

    def get_queryset(self) -> QuerySet[Lead]:
        mine = Lead.objects.filter(source__readers__user=_asker(self.request))
        return mine.select_related("source", "item__delivery").prefetch_related("steps").defer("item__delivery__body")


class LeadView(_OfLeads, RetrieveAPIView[Lead]):
    """How far one lead is."""

    @extend_schema(
        operation_id="read_lead",
        summary="How far a lead is",
        responses={200: LeadAnswer, **_REFUSALS, **_NOT_THERE},
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class LeadsView(_OfLeads, ListAPIView[Lead]):
    """The leads of the sources that this token may read, newest first."""

    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[Lead]:
        leads = super().get_queryset()
        if (wanted := self.request.query_params.get("delivery")) is None:
            return leads
        try:
            return leads.filter(item__delivery__public_id=uuid.UUID(wanted))
        except ValueError:
            raise ValidationError({"detail": "delivery must be the id that the webhook answered with."}) from None

    @extend_schema(
        operation_id="list_leads",
        summary="How far leads are",
        parameters=[OpenApiParameter("delivery", uuid.UUID, description="Only the leads of this delivery.")],
        responses={
            200: LeadAnswer(many=True),
            400: OpenApiResponse(Problem, "The delivery's id is not one."),
            **_REFUSALS,
            404: OpenApiResponse(Problem, "There is no such page."),
        },
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
