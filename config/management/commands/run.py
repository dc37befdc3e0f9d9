"""`manage.py run`: the whole of Steward under one command, for a first look, a small office, or a container.

Web, worker, beat and the sandboxes as children of this process. Invariant: no child starts before the database is
migrated and configured, and none is left when this process is gone.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config import demo, programs, run_lock
from config.supervisor import GRACE, Child, Supervisor

# A log that has grown past this is put aside at the next start; one older log is kept. Bytes.
LARGEST_LOG = 20 * 1024 * 1024
# The web process answers within this at a start, seconds, or something is wrong.
PATIENCE = 60.0


class Command(BaseCommand):
    """Starts everything, says where it is, and keeps it running until Ctrl-C."""

    help = "Start web, worker, beat and the sandboxes, and keep them running. Ctrl-C stops all of it."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address that the web server listens on")
        parser.add_argument("--port", type=int, default=8000, help="port of the admin and the webhooks")
        parser.add_argument("--sandbox-port", type=int, default=8801, help="port of the sandbox CRM")
        parser.add_argument("--provider-port", type=int, default=8802, help="port of the sandbox data provider")
        parser.add_argument("--no-demo", action="store_true", help="no sandboxes, demo configuration or demo logins")
        parser.add_argument(
            "--web-processes",
            type=int,
            default=1 if settings.EMBEDDED else 2,
            help="web processes; one on SQLite, which has one writer",
        )
        parser.add_argument("--web-threads", type=int, default=4, help="threads of each web process")
        parser.add_argument("--worker-threads", type=int, default=4, help="threads of the worker")
        parser.add_argument("--logs", choices=["files", "terminal"], default="files", help="where the JSON logs go")

    def handle(self, *args: Any, **options: Any) -> None:
        address = f"http://{options['host']}:{options['port']}"
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        # Before the ports: whoever starts a second one here needs no other port.
        with _only_one_here(address):
            self._run(options, address)

    def _run(self, options: dict[str, Any], address: str) -> None:
        with_sandbox = not options["no_demo"]
        _refuse_taken_port(options["host"], options["port"], "PORT")
        if with_sandbox:
            _refuse_taken_port("127.0.0.1", options["sandbox_port"], "SANDBOX_PORT")
            _refuse_taken_port("127.0.0.1", options["provider_port"], "PROVIDER_PORT")

        self._say("Preparing the database.")
        call_command("migrate", interactive=False, verbosity=0)
        logins: list[demo.Login] = []
        if not options["no_demo"]:
            demo.make_secrets()
            if demo.apply_configuration():
                self._say("Loaded the demo configuration (config/demo.yaml).")
            demo.find_sandboxes(
                crm=f"http://127.0.0.1:{options['sandbox_port']}",
                provider=f"http://127.0.0.1:{options['provider_port']}/api/v1",
            )
            logins = demo.make_logins()
        owners = demo.agents() if with_sandbox else []
        connections.close_all()

        supervisor = Supervisor(_children(options, address, with_sandbox=with_sandbox, owners=owners), say=self._say)
        supervisor.handle_signals()
        supervisor.start()
        try:
            answers = _Answers(options["host"], options["port"], patience=PATIENCE)
            supervisor.watch(until=answers)
            if not supervisor.stopping:
                if not answers.heard:
                    self._say(f"The web server does not answer after {PATIENCE:g} s; its log says why.")
                self._tell(options, address, logins, with_sandbox=with_sandbox)
                supervisor.watch()
        finally:
            self._say(f"Stopping; what is being done gets {GRACE:g} s to finish.")
            clean = supervisor.stop()
        self._say("Stopped." if clean else "Stopped, not cleanly. Nothing accepted is lost.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _tell(self, options: dict[str, Any], address: str, logins: list[demo.Login], *, with_sandbox: bool) -> None:
        lines = ["", f"  Admin        {address}/admin/"]
        for login in logins:
            password = login.password or "(password set by hand)"
            lines.append(f"    {login.name:<13}{password:<26}{login.role}")
        if with_sandbox:
            lines.append(f"  Sandbox CRM  http://127.0.0.1:{options['sandbox_port']}/")
            lines.append(f"  Provider     http://127.0.0.1:{options['provider_port']}/  (its bill)")
        if not options["no_demo"]:
            mails = f"{address}/admin/crmsync/emailtemplate/sent/"
            lines.append(f"  E-mails      {mails}  (Sent mail; files in {_shown(settings.EMAIL_FILES_DIR)})")
        if options["logs"] == "files":
            lines.append(f"  Logs         {_shown(_log_directory())}")
        if not options["no_demo"]:
            lines.append("")
            lines.append("  Send sample leads from another terminal:")
            lines.append(f"    {_shown(Path(sys.executable))} manage.py send_samples --twice")
        lines += ["", "  Ctrl-C stops everything.", ""]
        self._say("\n".join(lines))


class _Answers:
    """Has the web server answered, or have we waited long enough? Asked between looks at the children."""

    def __init__(self, host: str, port: int, *, patience: float) -> None:
        self._host, self._port = host, port
        self._until = time.monotonic() + patience
        self.heard = False

    def __call__(self) -> bool:
        caller = http.client.HTTPConnection(self._host, self._port, timeout=2)
        try:
            caller.request("GET", "/healthz")
            self.heard = caller.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            self.heard = False
        finally:
            caller.close()
        return self.heard or time.monotonic() > self._until


def _children(options: dict[str, Any], address: str, *, with_sandbox: bool, owners: list[str]) -> list[Child]:
    environment = {"DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    if not os.environ.get("PUBLIC_URL"):
        environment["PUBLIC_URL"] = address
    commands = {
        "web": programs.web(
            host=options["host"],
            port=options["port"],
            processes=options["web_processes"],
            threads=options["web_threads"],
        ),
        "worker": programs.worker(threads=options["worker_threads"]),
        "beat": programs.beat(directory=settings.VAR_DIR),
    }
    children = [
        Child(name, command, environment, log=_log(name, options["logs"]), stage=1)
        for name, command in commands.items()
    ]
    if with_sandbox:
        # It plays the outside world: there before us, and still there while the worker finishes its calls.
        sandbox = programs.sandbox_crm(
            port=options["sandbox_port"],
            database=settings.VAR_DIR / "sandbox_crm.sqlite3",
            token=os.environ.get(demo.CRM_TOKEN, ""),
            owners=owners,
        )
        children.append(Child("sandbox CRM", sandbox, environment, log=_log("sandbox", options["logs"]), stage=0))
        provider = programs.sandbox_provider(
            port=options["provider_port"], token=os.environ.get(demo.PROVIDER_TOKEN, "")
        )
        children.append(Child("provider", provider, environment, log=_log("provider", options["logs"]), stage=0))
    return children


def _log_directory() -> Path:
    path: Path = settings.VAR_DIR / "log"
    return path


def _log(name: str, where: str) -> Path | None:
    if where == "terminal":
        return None
    _log_directory().mkdir(exist_ok=True)
    path = _log_directory() / f"{name}.log"
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".old.log"))
    return path


def _shown(path: Path) -> str:
    """As short as it can be typed from here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _refuse_taken_port(host: str, port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). Is Steward, or something else, running there already? "
                f"Choose another with: make run {variable}={port + 10}"
            ) from error


def _only_one_here(address: str) -> IO[str]:
    try:
        return run_lock.hold(address)
    except run_lock.AlreadyHeld:
        raise CommandError(
            f"Steward is already running in {settings.VAR_DIR}. Stop that one first, or give this one a directory of "
            "its own with STEWARD_VAR."
        ) from None
