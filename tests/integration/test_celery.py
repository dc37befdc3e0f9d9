"""What Celery does between two tasks to what they share."""

from __future__ import annotations

import pytest
from django.db import connection

from config.celery import app, plan_anew
from crmsync.tasks import sweep_pushes

pytestmark = pytest.mark.django_db(transaction=True)


def _between_two_tasks() -> None:
    (django,) = app._fixups
    task = sweep_pushes
    django.worker_fixup.on_task_postrun(sender=task)
    django.worker_fixup.on_task_prerun(sender=task)


def test_a_database_connection_serves_one_task_after_the_other() -> None:
    connection.ensure_connection()
    before = connection.connection

    _between_two_tasks()

    assert before is not None
    assert connection.connection is before


def test_a_worker_s_connection_plans_each_statement_anew() -> None:
    plan_anew(connection)

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW plan_cache_mode")
            assert cursor.fetchone() == ("force_custom_plan",)
            cursor.execute("RESET plan_cache_mode")
    assert connection.is_usable()


def test_a_connection_that_broke_is_not_kept() -> None:
    connection.ensure_connection()
    connection.errors_occurred = True
    connection.is_usable = lambda: False  # type: ignore[method-assign]
    try:
        _between_two_tasks()
        assert connection.connection is None
    finally:
        del connection.is_usable
