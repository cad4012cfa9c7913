"""Where renewed OAuth tokens are kept: a sealed file for each connection, shared by processes."""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from headgate.kit import Tokens
from headgate.store.errors import SecretUnreadable
from headgate.store.secrets import secret_place
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.folder import DataFolder
    from headgate.store.secrets import SecretBox
    from headgate.store.snapshot import Connection


class Renewed(msgspec.Struct, frozen=True):
    """Tokens that came of the configured ones, which `origin` tells apart from later ones."""

    origin: str
    access: str
    refresh: str


def file_tokens(
    folder: DataFolder, box: SecretBox, connection: Connection, configured: Tokens
) -> FileTokens:
    """Give the place of a connection's tokens in the data folder."""
    place = secret_place(connection.workspace, connection.id, "tokens")
    return FileTokens(folder.tokens / f"{connection.id}.json", configured, box, place)


class FileTokens:
    """The tokens of one connection: the configured ones until they were renewed.

    A new agreement, which changes the configured ones, makes what was renewed before worthless.
    """

    def __init__(self, path: Path, configured: Tokens, box: SecretBox, place: str) -> None:
        self._path, self._configured = path, configured
        self._box, self._place = box, place
        self._origin = hashlib.sha256("\0".join(configured).encode()).hexdigest()

    async def read(self) -> Tokens:
        return self._read()

    async def replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        return await asyncio.to_thread(self._replace, stale, fresh)

    def _read(self) -> Tokens:
        try:
            sealed = msgspec.json.decode(self._path.read_bytes())
            kept = msgspec.convert(self._box.open(sealed, self._place), Renewed)
        except FileNotFoundError:
            return self._configured
        except (msgspec.MsgspecError, SecretUnreadable) as error:
            log.warning("tokens.unreadable", path=self._path.name, error=str(error))
            return self._configured
        is_of_these = kept.origin == self._origin
        return Tokens(kept.access, kept.refresh) if is_of_these else self._configured

    def _replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        with self._locked():
            kept = self._read()
            if kept != stale:
                return kept
            renewed = msgspec.to_builtins(Renewed(self._origin, *fresh))
            self._write(msgspec.json.encode(self._box.seal(renewed, self._place)))
            return fresh

    def _write(self, content: bytes) -> None:
        """Have the new file on disk before it takes the place of the old one."""
        beside = self._path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
