"""Throwaway PostgreSQL and Redis on free loopback ports.

    python -m tests.services [--durable] -- COMMAND...

runs the command with DATABASE_URL and REDIS_URL set, and cleans up whatever happens to it. Tests that kill servers
use the classes. Invariant: only processes and directories that were started here are stopped and removed.

Knows no Django, so that it can set the environment before Django looks.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# A server that is not there after this, seconds, will not come.
PATIENCE = 60.0


class ServiceUnavailable(Exception):
    """A server cannot be had here; the message says what to install or where its log is."""


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgreSQL:
    """A cluster in a directory of its own.

    Args:
        directory: where it may live; must be reachable by the user it runs as.
        durable: fsync on, as in production; off is faster, and enough where no power is cut.
    """

    def __init__(self, directory: Path, *, durable: bool) -> None:
        self.port = free_port()
        self.url = f"postgresql://steward@127.0.0.1:{self.port}/steward"
        self._bin = _newest_postgresql()
        self._home = directory / "postgresql"
        self._data = self._home / "data"
        self._log = self._home / "server.log"
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root; Debian's package brings a user for it.
        self._as_user = (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
        )

    def create(self) -> None:
        """Make the cluster, start it, and make the database."""
        self._home.mkdir(mode=0o755)
        if self._as_user:
            shutil.chown(self._home, "postgres", "postgres")
        self._tool("initdb", "-D", str(self._data), "-U", "steward", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()
        self._tool("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "steward", "steward")

    def start(self) -> None:
        """Start it and wait until it answers; after a kill that includes its crash recovery."""
        word = "on" if self._durable else "off"
        options = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": word,
            # Always: without it, a kill of the server loses what it just said is committed.
            "synchronous_commit": "on",
            "full_page_writes": word,
            "max_connections": "200",
            "shared_buffers": "128MB",
        }
        deadline = time.monotonic() + PATIENCE
        while True:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [
                        *self._as_user,
                        str(self._bin / "postgres"),
                        *("-D", str(self._data)),
                        *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    process_group=0,
                )
            while time.monotonic() < deadline and self._process.poll() is None:
                if self._answers():
                    return
                time.sleep(0.05)
            # Right after a kill the old server's last processes may still hold its memory; it then declines to start.
            if time.monotonic() >= deadline:
                self.stop()
                raise ServiceUnavailable(f"PostgreSQL did not start; {self._last_words()}")
            time.sleep(0.2)

    @property
    def pid(self) -> int:
        """The postmaster's process id; all its processes are its children."""
        if self._process is None:
            raise ServiceUnavailable("PostgreSQL is not running.")
        return self._process.pid

    def kill(self) -> None:
        """kill -9 of the postmaster: every open transaction is gone, what was committed must not be."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """SIGSTOP for all its processes in this block: connections stay open, and nothing answers."""
        stopped = [self.pid]
        try:
            os.kill(self.pid, signal.SIGSTOP)  # first, so that it makes no further ones
            for child in processes_of(self.pid):
                stopped.append(child)
                os.kill(child, signal.SIGSTOP)
            yield
        finally:
            for pid in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it, quickly when it can, with force when not."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # immediate shutdown: this data is thrown away
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        ask = subprocess.run(
            [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "steward", "-t", "1"],
            check=False,
            cwd="/",
        )
        return ask.returncode == 0

    def _tool(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as_user, str(self._bin / name), *arguments], capture_output=True, text=True, check=False, cwd="/"
        )
        if done.returncode != 0:
            raise ServiceUnavailable(f"{name} failed: {done.stderr.strip()[-500:]}")

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace").strip()[-500:]


class Redis:
    """A server that keeps nothing, like any broker may be."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._program = shutil.which("redis-server") or shutil.which("valkey-server")
        if self._program is None:
            raise ServiceUnavailable("There is no redis-server here. On Debian: apt-get install redis-server")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        self._process = subprocess.Popen(
            [
                *(str(self._program), "--port", str(self.port), "--bind", "127.0.0.1"),
                *("--save", "", "--appendonly", "no", "--loglevel", "warning"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
            process_group=0,
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.sendall(b"PING\r\n")
                if line.recv(16).startswith(b"+PONG"):
                    return
            time.sleep(0.05)
        self.kill()
        raise ServiceUnavailable("redis-server did not start.")

    def kill(self) -> None:
        """kill -9: everything that it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    stop = kill


class Services:
    """Both, and the variables that name them."""

    def __init__(self, postgresql: PostgreSQL, redis: Redis) -> None:
        self.postgresql = postgresql
        self.redis = redis

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.postgresql.url, "REDIS_URL": self.redis.url}


@contextlib.contextmanager
def services(*, durable: bool = False) -> Iterator[Services]:
    """PostgreSQL and Redis for as long as the block lasts.

    Args:
        durable: see `PostgreSQL`.

    Raises:
        ServiceUnavailable: one of them cannot be had.
    """
    directory = Path(tempfile.mkdtemp(prefix="steward-services-"))
    directory.chmod(0o755)
    both = None
    try:
        both = Services(PostgreSQL(directory, durable=durable), Redis())
        both.postgresql.create()
        both.redis.start()
        yield both
    finally:
        if both is not None:
            both.postgresql.stop()
            both.redis.stop()
        shutil.rmtree(directory, ignore_errors=True)


def processes_of(parent: int) -> list[int]:
    """The living children of a process."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _newest_postgresql() -> Path:
    on_path = shutil.which("initdb")
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).resolve().parent
    raise ServiceUnavailable("There is no PostgreSQL here. On Debian: apt-get install postgresql")


def _run(command: list[str], *, durable: bool) -> int:
    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
    with services(durable=durable) as both:
        child = subprocess.Popen(command, env={**os.environ, **both.environment})
        try:
            return child.wait()
        except BaseException:
            # A Ctrl-C reached the child too; let it end its own way first.
            child.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(20)
            child.kill()
            raise


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.services", description=__doc__.partition("\n")[0])
    parser.add_argument("--durable", action="store_true", help="fsync on, as in production")
    parser.add_argument("command", nargs="+", help="what to run, after --")
    chosen = parser.parse_args()
    try:
        sys.exit(_run(chosen.command, durable=chosen.durable))
    except ServiceUnavailable as unavailable:
        sys.exit(str(unavailable))
    except KeyboardInterrupt:
        sys.exit(130)
