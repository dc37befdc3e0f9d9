"""Registers the app with Django."""

from django.apps import AppConfig


class CrmSyncConfig(AppConfig):
    name = "crmsync"
