"""Let an integration ask what became of a source's leads."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import transaction
from rest_framework.authtoken.models import Token

from intake.models import Source, SourceReader
from trail.record import Actor, record


def allow_reading(login: str, source: Source, *, by: Actor) -> str:
    """Give the integration user `login` (made if there is none, without a password) a token that reads this source.

    Returns:
        The user's token, the same for all the sources it may read. Whoever holds it can ask, so it is shown to the
        one who asked for it and nowhere else.
    """
    users = get_user_model()._default_manager
    with transaction.atomic():
        user = users.filter(username=login).first()
        if user is None:
            user = users.create_user(username=login)  # no password: nobody can log in as it
        _, new = SourceReader.objects.get_or_create(user=user, source=source)
        token, _ = Token.objects.get_or_create(user=user)
        if new:
            record(source, "source.reader_added", by=by, detail={"login": login})
    return str(token.key)
