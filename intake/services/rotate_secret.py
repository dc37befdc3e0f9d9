"""Give a source a new secret while its old ones run out, so that no lead is refused on the way.

Invariant: the plain secret is sealed before it is stored, and stands in no audit entry, log or exception.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from intake.models import Source, SourceSecret
from intake.secrets import SecretRefused, entered
from trail.record import Actor, record


def rotate_secret(
    source: Source, *, key_id: str, secret: str, by: Actor, old_end_at: datetime | None = None
) -> SourceSecret:
    """Add a secret under a new key id and give the ones before an end.

    Args:
        source: whose secret.
        key_id: the name of the new one; not used before at this source.
        secret: the plain secret, or a reference (env:NAME, file:PATH).
        by: who does it.
        old_end_at: until when the secrets before stay valid; None ends them now.

    Raises:
        SecretRefused: the key id is taken, the secret is empty, or it names something that is not for secrets.
    """
    reference, shown = entered(secret)
    now = timezone.now()
    with transaction.atomic():
        Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        if source.secrets.filter(key_id=key_id).exists():
            raise SecretRefused(f"{source.name} already has a secret called {key_id}. Choose another key id.")
        ends = source.secrets.filter(Q(not_after__isnull=True) | Q(not_after__gt=old_end_at or now))
        ended = sorted(ends.values_list("key_id", flat=True))
        ends.update(not_after=old_end_at or now)
        new = SourceSecret.objects.create(
            source=source,
            key_id=key_id,
            reference=reference,
            last_four=shown,
            set_by=by.name,
        )
        record(
            source,
            "source.secret_rotated",
            by=by,
            detail={"key_id": key_id, "ended": ended, "old_end_at": (old_end_at or now).isoformat()},
        )
    return new
