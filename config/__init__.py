"""Wires the project together; nothing here is business logic."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
