"""The page behind an unsubscribe link: GET asks or says that it is done, POST stops our e-mails to the address.

A mail program posts here by itself when the reader presses its button (RFC 8058), so the signed link is the proof and
no cookie is asked for.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crmsync.links import BadLink, read_unsubscribe
from crmsync.models import Suppression
from crmsync.services.suppress import suppress


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    try:
        address = read_unsubscribe(token)
    except BadLink:
        return render(request, "crmsync/bad_link.html", status=404)
    if request.method == "POST":
        suppress(address, reason=Suppression.Reason.UNSUBSCRIBED)
    done = Suppression.objects.filter(email=address.strip().casefold()).exists()
    return render(request, "crmsync/unsubscribe.html", {"address": address, "done": done})
