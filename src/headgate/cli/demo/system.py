"""A whole Headgate for the demo: started as a user would, and configured by a declaration."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Self

import msgspec

from headgate.cli.demo.receiver import SECRET
from headgate.cli.demo.view import Figures
from headgate.cli.failures import Failed
from headgate.folder import DataFolder
from headgate.services.listening import listening
from headgate.services.parts import open_log
from headgate.services.supervisor import Ready
from headgate.settings import Settings, load
from headgate.store.database import SQLITE
from headgate.store.secrets import VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.cli.demo.receiver import Receiver
    from headgate.log.port import Places

_DECLARATION = """
version: 1
workspace: demo
sources:
  - {{slug: website, name: Website, write_keys: [wk_demo]}}
connections:
  - slug: hook
    source: website
    destination: webhook
    enabled: true
    settings: {{sharedSecret: {secret}}}
    subscriptions:
      - {{name: Everything, action: send, trigger: all, mapping: {{url: "{url}"}}}}
"""
_STOP_SECONDS = 12


class System:
    """`headgate up` in a child process, with a source and a connection to the receiver."""

    write_key = "wk_demo"

    def __init__(self, root: Path, receiver: Receiver, *, is_temporary: bool) -> None:
        self.folder = DataFolder(root).make()
        self._environment = {**os.environ, "HEADGATE_EGRESS_ALLOW": "127.0.0.0/8"}
        if is_temporary:
            # A key that goes with the folder: nobody has to be told where to move it.
            self._environment[VARIABLE] = base64.b64encode(os.urandom(32)).decode()
            self._environment["HEADGATE_STORE"] = SQLITE
        self._address = SQLITE if is_temporary else load().store
        self._receiver = receiver
        self._child: subprocess.Popen[bytes] | None = None
        self.collect = self.control = ""
        self._before = (0, 0, 0)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "headgate", "up", "--data", str(self.folder.root)]
        command += ["--collect", _free("collect"), "--control", _free("control")]
        self._child = subprocess.Popen(  # noqa: S603 - our own program
            command, env=self._environment, stdout=subprocess.PIPE, start_new_session=True
        )
        line = self._child.stdout.readline() if self._child.stdout else b""
        if not line:
            self.__exit__()
            raise Failed("Headgate did not start: what it said stands above")
        ready = msgspec.json.decode(line, type=Ready)
        self.collect, self.control = ready.collect, ready.control
        self._apply()
        self._before = self._account()
        return self

    def _apply(self) -> None:
        from headgate.control.catalogue import installed
        from headgate.control.declaring.apply import apply
        from headgate.control.declaring.declaration import parse

        catalogue = installed()
        text = _DECLARATION.format(secret=SECRET, url=self._receiver.url)
        apply(
            self.folder,
            parse(text, catalogue),
            head=asyncio.run(self._head()),
            address=self._address,
            catalogue=catalogue,
            environ=self._environment,
        )

    async def _head(self) -> Places:
        """A folder that was given may hold events already: deliver what comes from now on."""
        log = open_log(self.folder)
        try:
            return await log.heads()
        finally:
            await log.close()

    def figures(self, sent: int, verified: int) -> Figures:
        """What the ledger says of this demo, beside what the SDK and the receiver know."""
        received, delivered, pending = self._account()
        return Figures(
            sent, received - self._before[0], delivered - self._before[1], pending, verified
        )

    def _account(self) -> tuple[int, int, int]:
        """(received, delivered, pending) of the connection, earlier demos included."""
        from headgate.cli.inspect import accounts_of

        rows = [row for row in asyncio.run(accounts_of(self.folder)) if row.connection == "hook"]
        return (
            sum(row.received for row in rows),
            sum(row.delivered or 0 for row in rows),
            sum(row.pending or 0 for row in rows),
        )

    def __exit__(self, *_: object) -> None:
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()


def _free(name: str) -> str:
    """The default address, or a free port when somebody already uses that."""
    default: str = Settings.model_fields[name].default
    try:
        listening(default).close()
    except OSError:
        return "127.0.0.1:0"
    return default
