"""Is this process up, and can it do its work? Two addresses for load balancers, monitors and people.

    /healthz  the process answers. Nothing else is asked, so that a slow database does not get web processes killed.
    /readyz   503 unless the database answers, since without it nothing can be accepted. The broker is named but does
              not decide: without it leads are still accepted, and the sweep finds them.

Invariant: both answer within seconds whatever is broken, and tell a stranger nothing but which part it is.
"""

from __future__ import annotations

import structlog
from celery import current_app
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from intake.api.deadline import ANSWER_WITHIN_SECONDS, database_deadline

log = structlog.get_logger()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Which of the parts we lean on answer."""
    database, broker = _database_answers(), _broker_answers()
    return JsonResponse(
        {"database": _word(database), "broker": _word(broker)},
        status=200 if database else 503,
    )


def _word(answers: bool) -> str:
    return "ok" if answers else "down"


def _database_answers() -> bool:
    try:
        with database_deadline(ANSWER_WITHIN_SECONDS), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        log.warning("readyz.database_down", error=type(error).__name__)
        return False
    return True


def _broker_answers() -> bool:
    try:
        with current_app.connection_for_write(connect_timeout=1) as broker:
            broker.transport_options = {
                **(broker.transport_options or {}),
                "socket_timeout": 1,
            }  # a monitor does not wait
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except OperationalError as error:
        log.warning("readyz.broker_down", error=type(error).__name__)
        return False
    return True
