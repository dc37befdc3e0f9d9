"""Registers the app with Django and connects its receivers."""

from importlib import import_module

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"

    def ready(self) -> None:
        import_module("intake.receivers")  # needs the models, which are there only now
