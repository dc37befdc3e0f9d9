"""The whole of Steward as processes on real servers, for chaos tests and benches: web, workers, beat, sandbox CRM.

The command lines are those of `manage.py run` (config/programs.py). Knows no Django: it starts the processes that do.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from config import programs
from config.supervisor import Child, Supervisor
from tests.services import Services, free_port, services

PATIENCE = 60.0
# How long Steward waits for the sandbox CRM, seconds; what stays silent for longer is an unknown outcome.
CRM_TIMEOUT = 2.0
CRM_TOKEN = "STEWARD_DEMO_CRM_TOKEN"


class Stack:
    """Steward, running.

    Args:
        servers: the PostgreSQL and the Redis that it uses.
        directory: for its logs and files.
        web_processes, web_threads, workers, worker_threads, beat: how much of it.
        variables: further environment of all its processes.
        outside: further programs to run around it, by name; nobody kills these.
    """

    def __init__(
        self,
        servers: Services,
        directory: Path,
        *,
        web_processes: int = 2,
        web_threads: int = 4,
        workers: int = 1,
        worker_threads: int = 4,
        beat: bool = True,
        settings_module: str = "config.settings",
        variables: Mapping[str, str] | None = None,
        outside: Mapping[str, list[str]] | None = None,
    ) -> None:
        self.directory = directory
        self.port, self.crm_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.crm_url = f"http://127.0.0.1:{self.crm_port}"
        self.secrets = make_secrets()
        self.environment = {
            **servers.environment,
            **self.secrets,
            "DJANGO_SETTINGS_MODULE": settings_module,
            "STEWARD_VAR": str(directory / "var"),
            "SECRET_KEY": secrets.token_urlsafe(48),
            "PUBLIC_URL": self.url,
            "LOG_LEVEL": "WARNING",
            **(variables or {}),
        }
        (directory / "var").mkdir(parents=True)
        (directory / "log").mkdir()
        commands = {
            "web": programs.web(host="127.0.0.1", port=self.port, processes=web_processes, threads=web_threads),
            **({"beat": programs.beat(directory=directory / "var")} if beat else {}),
            **{f"worker{n}": programs.worker(threads=worker_threads, name=f"worker{n}") for n in range(1, workers + 1)},
        }
        around = {
            "crm": programs.sandbox_crm(
                port=self.crm_port,
                database=directory / "crm.sqlite3",
                token=self.secrets[CRM_TOKEN],
                owners=[f"{agent['name']} <{agent['email']}>" for agent in _demo_yaml()["agents"]],
            ),
            **(outside or {}),
        }
        self.children = {
            name: Child(name, command, self.environment, log=directory / "log" / f"{name}.log", stage=stage)
            for stage, group in ((0, around), (1, commands))
            for name, command in group.items()
        }
        self.said: list[str] = []
        # Chaos kills often; a child that waits longer and longer would only make the test longer.
        self._supervisor = Supervisor(list(self.children.values()), say=self.said.append, backoff=(0.5,))
        self._over = threading.Event()
        # Children die with the thread that started them, so one thread does all of it from start to end.
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def secret_of(self, source: str) -> str:
        """The secret of one of the demo's sources."""
        return self.secrets[f"STEWARD_DEMO_{source.upper()}"]

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed."""
        return self.run(*programs.manage(*arguments))

    def run(self, *command: str) -> str:
        """Run a program in Steward's environment and return what it printed.

        Raises:
            AssertionError: it failed; the message has all it said.
        """
        done = subprocess.run(
            command,
            env={**os.environ, **self.environment},
            cwd=programs.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def start(self) -> None:
        """Start everything and wait until the web server and the CRM answer. The database must be migrated."""
        self._keeper.start()
        for port, path in ((self.port, "/readyz"), (self.crm_port, "/_sandbox/state")):
            deadline = time.monotonic() + PATIENCE
            while get(port, path)[0] != 200:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{path} does not answer; logs are in {self.directory / 'log'}")
                time.sleep(0.1)

    def stop(self) -> None:
        """End everything."""
        self._over.set()
        if self._keeper.is_alive():
            self._keeper.join(60)

    def _keep(self) -> None:
        try:
            self._supervisor.start()
            self._supervisor.watch(until=self._over.is_set)
        finally:
            self._supervisor.stop()

    def pid(self, name: str) -> int | None:
        """The process id of a child, or None while it is dead."""
        process = self.children[name].process
        return process.pid if process is not None and process.poll() is None else None

    def crm(self, path: str, *, method: str = "GET", body: Any = None) -> Any:
        """Ask the sandbox CRM itself (not its API)."""
        status, answer = get(self.crm_port, path, method=method, body=body)
        if status != 200:
            raise AssertionError(f"the sandbox CRM answered {status} to {path}")
        return answer


def demo(crm_url: str, *, mail: str = "") -> dict[str, Any]:
    """The demo configuration, with nothing that slows a test down: no rate limits, and a short patience with the CRM.

    Args:
        mail: host:port of a mail server; without it, e-mails become files.
    """
    document = _demo_yaml()
    for source in document["sources"]:
        source["per_minute"] = 10_000_000
    # Nobody plays a provider here; what is asked of one, and billed, is tried in test_billed_once.py.
    document["connections"] = [one for one in document["connections"] if one["kind"] != "batchdata"]
    for connection in document["connections"]:
        connection["rate_limit"] = 0
        if connection["kind"] == "hubspot":
            connection["base_url"] = crm_url
            connection["options"] = {**connection["options"], "timeout_seconds": CRM_TIMEOUT}
        elif mail:
            connection |= {"kind": "smtp", "base_url": mail, "options": {"security": "none"}}
    return document


def _demo_yaml() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((programs.ROOT / "config" / "demo.yaml").read_text())
    return document


def make_secrets() -> dict[str, str]:
    """A value for every variable that the demo configuration names."""
    names = re.findall(r"env:(\w+)", (programs.ROOT / "config" / "demo.yaml").read_text())
    return {name: "whsec_" + secrets.token_hex(24) for name in names}


@contextlib.contextmanager
def running(
    directory: Path, *, durable: bool = False, mail_port: int = 0, **options: Any
) -> Iterator[tuple[Stack, Services]]:
    """A migrated and configured stack on throwaway servers, for as long as the block lasts.

    Args:
        durable: see `tests.services.PostgreSQL`.
        mail_port: of the mail server; 0 for e-mails as files.
        options: of `Stack`.
    """
    with services(durable=durable) as servers:
        stack = Stack(servers, directory, **options)
        stack.manage("migrate", "--verbosity", "0")
        file = directory / "configuration.yaml"
        mail = f"127.0.0.1:{mail_port}" if mail_port else ""
        file.write_text(yaml.safe_dump(demo(stack.crm_url, mail=mail), sort_keys=False))
        stack.manage("configure", "apply", str(file))
        try:
            stack.start()
            yield stack, servers
        finally:
            stack.stop()


def get(port: int, path: str, *, method: str = "GET", body: Any = None) -> tuple[int, Any]:
    """Status (0 when nobody answers) and JSON of one call to a loopback port."""
    caller = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        caller.request(
            method,
            path,
            body=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json", "Content-Length": "0"}
            if body is None
            else {"Content-Type": "application/json"},
        )
        answer = caller.getresponse()
        raw = answer.read()
        return answer.status, json.loads(raw) if raw else None
    except (OSError, http.client.HTTPException, ValueError):
        return 0, None
    finally:
        caller.close()
