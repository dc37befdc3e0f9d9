"""The top of the house: wires the others together when Django is ready."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from config import roles


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        post_migrate.connect(roles.write_roles, dispatch_uid="config.roles")
