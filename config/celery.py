"""The Celery app. Tasks say "there is work" and carry no truth; the database is the queue of record."""

import os

from celery import Celery
from celery.signals import setup_logging

from config.broker import register

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

register()
app = Celery("steward")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Celery leaves the logging alone: config/logging.py has set it up."""
