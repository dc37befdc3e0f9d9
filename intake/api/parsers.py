"""The raw bytes of a request, read once and never interpreted here: signatures are made over bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class BodyTooLarge(APIException):
    """More bytes than we take in one request."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "The request is larger than this source may send. Nothing was stored; send fewer records at once."


class RawBytesParser(BaseParser):
    """Hands the body over as bytes, whatever its type says."""

    media_type = "*/*"

    def parse(  # type: ignore[override]
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        body: bytes = stream.read(settings.WEBHOOK_MAX_BYTES + 1)
        if len(body) > settings.WEBHOOK_MAX_BYTES:
            raise BodyTooLarge
        return body


class WhateverTheySay(BaseContentNegotiation):
    """One way to read and one to answer: a sender that asks for HTML or XML gets JSON, since a 406 loses its lead."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


def settle_length(request: HttpRequest) -> None:
    """Give a chunked request, which names no length, the length it turns out to have.

    Django reads nothing of a body without a length; some senders never name one.
    """
    if request.META.get("CONTENT_LENGTH") or "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return
    body = request.META["wsgi.input"].read(settings.WEBHOOK_MAX_BYTES + 1)
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)
