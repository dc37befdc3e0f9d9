"""A real browser at a real server, with an office to look at.

Every page that a test opens is watched: an error on its console, a script that fails or a file that the content
security policy refuses fails the test, whatever it was about.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests import factories as make
from tests.integration.admin.world import World, build

# Playwright's own loop runs in this thread, and Django would take that for an asynchronous view.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PASSWORD = "a-password-of-the-desk"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def world(transactional_db: None) -> World:
    cache.clear()
    make.superuser(username="dana", password=PASSWORD)
    return build()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, world: World) -> Iterator[Page]:
    """A page that is logged in as the superuser and stands on the dashboard."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1366, "height": 860})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto("/admin/login/")
    opened.fill("#id_username", "dana")
    opened.fill("#id_password", PASSWORD)
    opened.click("#login-form button[type=submit]")
    opened.wait_for_url("**/admin/")
    yield opened
    context.close()
    assert complaints == []
