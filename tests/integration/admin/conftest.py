"""An office to look at, and people to look at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from tests import factories as make
from tests.integration.admin.world import World, build

Login = Callable[..., Client]


@pytest.fixture(autouse=True)
def _nothing_cached() -> None:
    cache.clear()


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.fixture
def login(db: None) -> Login:
    """Log somebody in by role; with no role, the superuser."""

    def enter(*roles: str) -> Client:
        client = Client()
        client.force_login(make.user(*roles) if roles else make.superuser())
        return client

    return enter
