"""Answers for addresses that nobody has, or that are not for this login. Machines get a sentence in JSON, people a
page; who is at work in the admin keeps its menu."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.defaults import page_not_found

_FOR_MACHINES = ("/hooks/", "/api/")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404."""
    if request.path_info.startswith(_FOR_MACHINES):
        return JsonResponse(
            {"detail": "There is nothing at this address. Check the address that you were given."}, status=404
        )
    return page_not_found(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403."""
    inside = request.user.is_active and request.user.is_staff
    frame = admin.site.each_context(request) if inside else {}
    context = {**frame, "title": "Not for this login", "said": str(exception), "inside": inside}
    return render(request, "403.html", context, status=403)
