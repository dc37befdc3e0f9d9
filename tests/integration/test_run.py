"""What `manage.py run` refuses before it starts anything."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from config import run_lock


def test_a_port_that_is_taken_is_named_with_another_to_choose(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(CommandError, match=rf"^Port {port} cannot be used .* make run PORT={port + 10}$"):
            call_command("run", "--port", str(port))


def test_a_second_one_in_the_same_place_is_told_so_and_not_of_its_port(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    with (
        socket.create_server(("127.0.0.1", 0)) as first,
        run_lock.hold("http://127.0.0.1:9100"),
        pytest.raises(CommandError, match=rf"^Steward is already running in {tmp_path}\."),
    ):
        call_command("run", "--port", str(first.getsockname()[1]))

    assert run_lock.running_at() == ""
