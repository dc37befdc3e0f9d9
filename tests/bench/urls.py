"""Steward's addresses, and a bare view beside them: the least that an honest webhook must do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from config.urls import urlpatterns as stewards

_KEY = base64.b64decode(os.environ["STEWARD_DEMO_WEBSITE"].removeprefix("whsec_"))


@csrf_exempt
def bare(request: HttpRequest) -> JsonResponse:
    """Verify the Standard Webhooks signature, insert one row with the raw body, answer."""
    stamp = request.headers["webhook-timestamp"]
    content = b".".join((request.headers["webhook-id"].encode(), stamp.encode(), request.body))
    expected = "v1," + base64.b64encode(hmac.new(_KEY, content, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(stamp)) < 300
    if not (fresh and hmac.compare_digest(expected, request.headers["webhook-signature"])):
        return JsonResponse({"status": "refused"}, status=401)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_bare (body) VALUES (%s)", [request.body])
    return JsonResponse({"status": "accepted"})


urlpatterns = [path("bare/", bare), *stewards]
