"""The names of /etc/hosts, read again when the file changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LOOPBACK = ("127.0.0.1", "::1")


class Hosts:
    """Addresses by name, as the file has them at the moment of the question.

    A file that is missing or cannot be read has no names. `localhost` and names below it are
    loopback even when no file says so (RFC 6761), and are never asked of a nameserver.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._names: dict[str, tuple[str, ...]] = {}

    def find(self, host: str) -> tuple[str, ...]:
        """Return the addresses of a name in the order of the file, or none."""
        self._refresh()
        return self._names.get(host) or (_LOOPBACK if _is_local(host) else ())

    def _refresh(self) -> None:
        try:
            state = self._path.stat()
            seen = (state.st_mtime_ns, state.st_size, state.st_ino)
            if seen != self._seen:
                self._names = _parse(self._path.read_text(errors="replace"))
            self._seen = seen
        except OSError:
            self._names, self._seen = {}, None


def _is_local(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _parse(text: str) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        address, *aliases = line.partition("#")[0].split() or [""]
        for alias in map(str.lower, aliases):
            names[alias] = (*names.get(alias, ()), address)
    return names
