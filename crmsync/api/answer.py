"""Where a provider sends its answer to questions that it took earlier. The signed link is its proof: we made it for
this one call and told it to nobody else.
"""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crmsync.links import BadLink, read_answer
from crmsync.services.take_answer import NotAsked, take_answer
from crmsync.transport.errors import CrmError, Misconfigured

# A hundred records with all that is known of them stay well below this; bytes.
LARGEST_ANSWER = 8 * 1024 * 1024


@csrf_exempt
@never_cache
@require_POST
def provider_answer(request: HttpRequest, token: str) -> HttpResponse:
    try:
        connection_id, mark = read_answer(token)
        if int(request.headers.get("Content-Length") or 0) > LARGEST_ANSWER:
            return JsonResponse({"error": "too_large"}, status=413)
        body = orjson.loads(request.read(LARGEST_ANSWER))
        if not isinstance(body, dict):
            return JsonResponse({"error": "unreadable"}, status=400)
        kept = take_answer(connection_id, mark, body)
    except (BadLink, NotAsked):
        return JsonResponse({"error": "unknown"}, status=404)
    except Misconfigured:  # a person has to mend the connection: the answer is paid for, so let it come again
        return JsonResponse({"error": "not_now"}, status=503)
    except (ValueError, CrmError):
        return JsonResponse({"error": "unreadable"}, status=400)
    return JsonResponse({"answers": kept})
