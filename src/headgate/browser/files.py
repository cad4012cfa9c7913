"""The built files: a table of the paths that exist, so that no request names a file itself."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

BUILT: Final = Path(__file__).with_name("built")
CURE: Final = "python3 run.py setup"
"""What builds the files where they are missing."""

LIBRARY: Final = "analytics-next"
ACTIONS: Final = "actions"
BUNDLES_PATH: Final = "/analytics-next/bundles"
ACTIONS_PATH: Final = "/next-integrations/actions"
_STANDALONE: Final = "standalone.js"
_UNHASHED: Final = frozenset({_STANDALONE, "index.js"})
_PLACEHOLDER: Final = b"__WRITE_KEY__"


class NotBuilt(LookupError):
    """The files are missing from this installation; the message names the cure."""


class BrowserFile(NamedTuple):
    """A script, plain and compressed by gzip; `forever` when its name changes with its content."""

    content: bytes
    gzipped: bytes
    forever: bool = True


class BrowserFiles:
    """The files by the paths of their URLs (wire cdn-settings, Paths a CDN host must serve).

    Each is read when it is first asked for, and kept.
    """

    def __init__(self, table: dict[str, Path], standalone: bytes) -> None:
        self._table = table
        self._standalone = standalone
        self._read = cache(self._load)

    @classmethod
    def load(cls, built: Path = BUILT) -> Self:
        """Raises `NotBuilt`."""
        if not (built / LIBRARY / _STANDALONE).exists():
            raise NotBuilt(f"The files for browsers are not built: run {CURE}.")
        return cls(dict(_table(built)), (built / LIBRARY / _STANDALONE).read_bytes())

    def library(self, write_key: str) -> bytes:
        """Give `analytics.min.js` of a source: it starts by its write key."""
        return self._standalone.replace(_PLACEHOLDER, write_key.encode())

    def file(self, path: str) -> BrowserFile | None:
        """Give what is at a path; None where there is nothing."""
        return self._read(self._table[path]) if path in self._table else None

    @staticmethod
    def _load(file: Path) -> BrowserFile:
        gzipped = file.with_name(f"{file.name}.gz").read_bytes()
        return BrowserFile(file.read_bytes(), gzipped, forever=file.name not in _UNHASHED)


def _table(built: Path) -> Iterator[tuple[str, Path]]:
    for file in (built / LIBRARY).glob("*.js"):
        yield f"{BUNDLES_PATH}/{file.name}", file
    for file in (built / ACTIONS).glob("*/*.js"):
        for folder in (file.parent.name, obfuscated(file.parent.name)):
            yield f"{ACTIONS_PATH}/{folder}/{file.name}", file


def obfuscated(slug: str) -> str:
    """The other name of a folder, which pages use that load with `obfuscate: true`."""
    return base64.b64encode(slug.encode()).decode().rstrip("=")
