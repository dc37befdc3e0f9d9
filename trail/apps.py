"""Registers the app with Django."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class TrailConfig(AppConfig):
    name = "trail"

    def ready(self) -> None:
        """Teach the database layer what the whole house relies on."""
        from trail.arrays import prefer_arrays, send_in_binary

        prefer_arrays()
        connection_created.connect(send_in_binary)
