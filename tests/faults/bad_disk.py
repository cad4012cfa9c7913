"""A disk that fails or hangs on demand: the shim `iofault.c` and the file that rules it."""

from __future__ import annotations

import contextlib
import errno
import mmap
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).with_name("iofault.c")
OPERATIONS = {
    name: 1 << bit
    for bit, name in enumerate(
        ("write", "pwrite", "writev", "fsync", "fdatasync", "ftruncate", "fallocate")
    )
}
GROWING = ("write", "pwrite", "writev", "ftruncate", "fallocate")
"""What a full disk refuses."""
SYNCING = ("fsync", "fdatasync")

_COUNT = struct.Struct("=II")
_RULE = struct.Struct("=IiiiQQQQ192s")
_MOST_RULES = 8


class Rule(NamedTuple):
    """Calls of `operations` on files whose path contains `path` fail with `error`.

    `is_short`: every other failing write takes half of its bytes instead. The first `skip`
    matching calls pass, and at most `most` fail (0: no limit). Such a call is `seconds` late, or
    until the rules are gone; with 0 for its error it then goes on as if nothing were.
    """

    path: str
    operations: tuple[str, ...]
    error: int = errno.EIO
    is_short: bool = False
    skip: int = 0
    most: int = 0
    seconds: float = 0.0


def full(path: str, *, is_short: bool = False) -> Rule:
    """No room for anything below `path`."""
    return Rule(path, GROWING, errno.ENOSPC, is_short)


def hanging(path: str, seconds: float) -> Rule:
    """Whatever is to be durable below `path` takes so long."""
    return Rule(path, SYNCING, error=0, seconds=seconds)


def compiled(compiler: Path, folder: Path) -> Path:
    """The shim as a library, made in `folder`."""
    library = folder / "iofault.so"
    options = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror"]
    command = [str(compiler), *options, "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


class BadDisk:
    """Rules for every process that was started with `environment`."""

    def __init__(self, library: Path, folder: Path) -> None:
        path = folder / "iofault.control"
        size = _COUNT.size + _MOST_RULES * _RULE.size
        path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self._control = mmap.mmap(file.fileno(), size)
        self.environment = {"LD_PRELOAD": str(library), "IOFAULT_CONTROL": str(path)}

    def fail(self, *rules: Rule) -> None:
        """From now on these rules hold, and no others."""
        self.heal()
        self._control[_COUNT.size :] = bytes(_MOST_RULES * _RULE.size)
        for at, rule in enumerate(rules):
            _RULE.pack_into(
                self._control,
                _COUNT.size + at * _RULE.size,
                sum(OPERATIONS[name] for name in rule.operations),
                rule.error,
                rule.is_short,
                round(rule.seconds * 1000),
                rule.skip,
                rule.most,
                0,
                0,
                rule.path.encode(),
            )
        _COUNT.pack_into(self._control, 0, len(rules), 0)

    def heal(self) -> None:
        _COUNT.pack_into(self._control, 0, 0, 0)

    @property
    def failed(self) -> int:
        """How many calls the rules in force, or the last ones, have made fail."""
        fields = (
            _RULE.unpack_from(self._control, _COUNT.size + at * _RULE.size)
            for at in range(_MOST_RULES)
        )
        return sum(each[7] for each in fields)

    @contextlib.contextmanager
    def failing(self, *rules: Rule) -> Iterator[Self]:
        self.fail(*rules)
        try:
            yield self
        finally:
            self.heal()

    def close(self) -> None:
        self._control.close()
