"""Take what a provider sends to us later: the answers to questions that it was asked together.

Invariants: only who has the link that we made for this very call is heard, and only under the request's name that the
provider gave when it took the questions, once we know it. An answer counts once; a late one still counts while nobody
has decided about its question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from crmsync.models import Connection, Push
from crmsync.options import ProviderOptions, read
from crmsync.services import connect
from crmsync.services.sending.asking import answered
from crmsync.services.sending.record import Result, record
from trail.leases import database_now


class NotAsked(Exception):
    """Nobody was asked under this mark, or not under this name. Nothing changed."""


def take_answer(connection_id: int, mark: str, body: Mapping[str, Any]) -> int:
    """Write the answers down.

    Args:
        connection_id, mark: from the link that the answer was sent to.
        body: what was sent.

    Returns:
        How many questions it answered that were still open.

    Raises:
        NotAsked: see there.
        CrmError: it is no answer of this provider's.
    """
    account = Connection.objects.filter(pk=connection_id).first()
    if account is None or not account.is_provider:
        raise NotAsked
    options = read(ProviderOptions, account.options)
    with transaction.atomic():
        asked = Push.objects.select_for_update(no_key=True).filter(connection=account, message_id__startswith=mark)
        pushes = list(asked.order_by("pk"))
        if not pushes:
            raise NotAsked
        request, answers = connect.provider(account).read(pushes[0].kind, body)
        now = database_now()
        results = []
        for push in pushes:
            name = push.message_id.partition(" ")[2]
            if name and name != request:
                raise NotAsked
            answer = answers.get(f"push-{push.pk}")
            if answer is None or push.state not in (Push.State.WAITING, Push.State.UNKNOWN):
                continue
            outcome = answered(push, account, options, answer)
            results.append(
                Result(
                    push,
                    push.attempts + 1,
                    "ok",
                    push.finish(proof=outcome.proof),
                    0,
                    proof=dict(outcome.proof),
                    answer=answer,
                    cost=outcome.cost,
                )
            )
        return len(record(account, results, now=now))
