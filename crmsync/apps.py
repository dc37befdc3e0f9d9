"""Registers the app with Django and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig


class CrmSyncConfig(AppConfig):
    name = "crmsync"
    verbose_name = "CRM"

    def ready(self) -> None:
        import_module("crmsync.receivers")  # needs the models, which are there only now
