"""Answers for addresses that nobody has: machines get a sentence in JSON, people the ordinary page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.defaults import page_not_found

_FOR_MACHINES = ("/hooks/", "/api/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404."""
    if request.path_info.startswith(_FOR_MACHINES):
        return JsonResponse(
            {"detail": "There is nothing at this address. Check the address that you were given."}, status=404
        )
    return page_not_found(request, exception)
