"""The destination as its code stands: a new process takes over whenever a file is saved."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from headgate.cli.destination.serve.process import Ended, Process
from headgate.cli.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.cli.destination.serve.child import Loaded, Orders, Reply

POLL: Final = 0.3
"""Seconds between looks at the files: people cannot tell it from at once."""

_SKIPPED: Final = frozenset({"__pycache__", "node_modules"})
_SUFFIXES: Final = frozenset({".py", ".json", ".yaml", ".yml", ".toml"})


class Version(NamedTuple):
    """How many times the code was loaded, and what is wrong with it now, "" for nothing."""

    number: int
    failed: str


class Reloading:
    """Answers with the code of the last save. Raises `Failed` when there is nothing to begin with.

    A save that breaks the code leaves no process: what is wrong is answered until the next one.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._process = Process(orders)
        loaded = self._process.loaded
        if loaded.failed:
            self._process.close()
            raise Failed(loaded.failed)
        self.name = loaded.name
        self.version = Version(1, "")
        self._loaded = loaded
        self._changed = threading.Condition()
        self._is_over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, args=(_seen(loaded),), daemon=True)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        with self._changed:
            self._changed.notify_all()
        self._watcher.join()
        self._process.close()

    def ask(self, method: str, path: str, body: bytes) -> Reply:
        """Answer by the code of the last save. Raises `Ended` when it is broken."""
        with self._changed:
            process, failed = self._process, self.version.failed
        if failed:
            raise Ended(failed)
        return process.ask(method, path, body)

    def newer(self, number: int, seconds: float) -> Version | None:
        """Wait for a version other than this one; None when there is none in that time."""
        with self._changed:
            self._changed.wait_for(
                lambda: self.version.number != number or self._is_over.is_set(), seconds
            )
            return self.version if self.version.number != number else None

    @property
    def is_over(self) -> bool:
        return self._is_over.is_set()

    def _watch(self, seen: frozenset[tuple[str, int, int]]) -> None:
        while not self._is_over.wait(POLL):
            try:
                now = _seen(self._loaded)
            except OSError:  # an editor is moving things: look again
                continue
            if now != seen:
                seen = now
                self._reload()

    def _reload(self) -> None:
        fresh = Process(self._orders)
        with self._changed:
            stale, self._process = self._process, fresh
            if not fresh.loaded.failed:
                self._loaded = fresh.loaded
            self.version = Version(self.version.number + 1, fresh.loaded.failed)
            self._changed.notify_all()
        stale.close()


def _seen(loaded: Loaded) -> frozenset[tuple[str, int, int]]:
    """The files that matter, with their times and sizes."""
    is_deep = loaded.is_package
    found = (path for each in loaded.watched for path in _files(Path(each), is_deep=is_deep))
    return frozenset(_stamps(found))


def _files(place: Path, *, is_deep: bool) -> Iterable[Path]:
    """A file itself; of a folder the code, and of a package what is in folders below as well."""
    if place.is_file():
        yield place
        return
    for path in place.iterdir() if place.is_dir() else ():
        if path.is_dir():
            if is_deep and path.name not in _SKIPPED and not path.name.startswith("."):
                yield from _files(path, is_deep=is_deep)
        elif path.suffix in _SUFFIXES:
            yield path


def _stamps(paths: Iterable[Path]) -> Iterable[tuple[str, int, int]]:
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:  # an editor is putting a new one in its place
            continue
        yield str(path), stat.st_mtime_ns, stat.st_size
