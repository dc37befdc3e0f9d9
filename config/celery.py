"""The Celery app. Tasks say "there is work" and carry no truth; the database is the queue of record."""

import os
from functools import cached_property

from celery import Celery
from celery.fixups.django import DjangoFixup, DjangoWorkerFixup  # type: ignore[attr-defined]  # its stubs forgot it
from celery.signals import setup_logging, worker_init
from django.db.backends.base.base import BaseDatabaseWrapper

from config.broker import register

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class _KeepsConnections(DjangoWorkerFixup):  # type: ignore[misc]
    """Between two tasks, treat a database connection as Django does between two requests.

    Celery's own closes it, so that each bell would pay for a new server process, which has yet to learn every table and
    prepare every statement: a fifth of what a lead costs.
    """

    def close_database(self, **_: object) -> None:
        """Drop a connection that broke or is too old; keep the others."""
        from django.db import close_old_connections

        close_old_connections()


class _Django(DjangoFixup):
    """What makes Celery know Django. The worker's part is made when it is asked for, since it reads the settings."""

    @cached_property
    def worker_fixup(self) -> DjangoWorkerFixup:
        return _KeepsConnections(self.app)


def fixup(app: Celery) -> DjangoFixup:
    """Stands in for Celery's own fixup of the same name."""
    found = _Django(app)
    found.install()
    return found


register()
app = Celery("steward", fixups=["config.celery:fixup"])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _let_workers_plan_anew(**_: object) -> None:
    """A worker's connections live long and ask much: see `plan_anew`."""
    from django.db.backends.signals import connection_created

    connection_created.connect(plan_anew)


def plan_anew(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Have PostgreSQL plan each statement for the tables as they are now.

    A plan that was kept from when they were empty would walk them whole on the day of the first flood, until statistics
    are there: five times slower (docs/decisions/0018).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET plan_cache_mode = force_custom_plan")


@setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Celery leaves the logging alone: config/logging.py has set it up."""
