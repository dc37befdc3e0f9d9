"""Raising alerts: a thing that is noticed again while its alert is not resolved raises no second one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, models, transaction

from trail.models import Alert
from trail.record import record


def key_of(*parts: object) -> str:
    """The key of the thing that these parts name together."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode("utf-8", "replace")).hexdigest()[:40]


def raise_alert(
    kind: str,
    key: str,
    *,
    title: str,
    advice: str,
    subject: models.Model,
    page: str = "",
    query: str = "",
    detail: Mapping[str, Any] | None = None,
) -> bool:
    """Open an alert, unless one of the same key is not resolved yet.

    Args:
        kind: thing.what_is_odd.
        key: names the thing (`key_of`).
        title: what was noticed, one sentence without personal details.
        advice: what it means for the leads, and what to do.
        subject: the row it is about.
        page: the admin page, by name and with the subject's id, where to act on it.
        query: what to add to that page's address.
        detail: what is known of it; nothing personal.

    Returns:
        Whether it is new.
    """
    if Alert.objects.filter(key=key).exclude(state=Alert.State.RESOLVED).exists():
        return False
    try:
        with transaction.atomic():
            alert = Alert.objects.create(
                kind=kind,
                key=key,
                title=title[:400],
                advice=advice,
                subject_type=subject._meta.label_lower,
                subject_id=str(subject.pk),
                page=page,
                query=query[:600],
                detail=dict(detail or {}),
            )
            record(alert, "alert.opened", detail={"kind": kind})
    except IntegrityError:  # somebody else noticed it at the same moment
        return False
    return True
