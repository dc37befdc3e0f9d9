"""The audit trail and the acceptance ledger only grow; the database itself holds it."""

import pytest
from django.db import DatabaseError, transaction

from tests import factories
from trail.models import AuditEntry
from trail.record import record

pytestmark = pytest.mark.django_db


def test_an_audit_entry_cannot_be_changed_or_deleted() -> None:
    record(factories.source(), "source.created")
    entry = AuditEntry.objects.get()

    for attempt in (lambda: AuditEntry.objects.update(action="x"), lambda: entry.delete()):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
            attempt()

    assert AuditEntry.objects.get().action == "source.created"
