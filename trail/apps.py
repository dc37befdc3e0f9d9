"""Registers the app with Django."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "trail"
