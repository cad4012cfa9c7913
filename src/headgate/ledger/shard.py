"""Which deliver process owns a lane, and which ledger file holds it."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from headgate.ledger.driver import SqliteError, open_reader
from headgate.ledger.port import LedgerUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LEDGER = re.compile(r"ledger-(\d+)\.db")
_HAS_LANES = "select 1 from sqlite_master where type = 'table' and name = 'lanes'"


@dataclass(frozen=True)
class Shard:
    """Deliver process `index` of `of`: it owns each gate whose number gives `index` modulo `of`."""

    index: int
    of: int

    def owns(self, gate: int) -> bool:
        return gate % self.of == self.index


class Standing(NamedTuple):
    """A lane as one file has it; `process` is the number of the file."""

    lane: int
    epoch: int
    process: int
    gate: int


def ledger_files(root: Path) -> dict[int, Path]:
    """The ledger files of a data folder by the number of their process.

    One that a process has made and not yet begun has no tables, and is left out.
    """
    named = ((_LEDGER.fullmatch(path.name), path) for path in root.iterdir())
    found = sorted((int(match[1]), path) for match, path in named if match is not None)
    return {number: path for number, path in found if _is_begun(path)}


def _is_begun(path: Path) -> bool:
    """Also where it cannot be read: whoever asks it then says what is wrong."""
    try:
        with closing(open_reader(path)) as file:
            return file.execute(_HAS_LANES).fetchone() is not None
    except SqliteError:
        return True


def standings(root: Path) -> list[Standing]:
    """Every lane in every file; one that stands in two is there twice."""
    return [each for number, path in ledger_files(root).items() for each in _in(number, path)]


def _in(number: int, path: Path) -> list[Standing]:
    try:
        with closing(open_reader(path)) as file:
            rows = file.execute("select lane, epoch, gate from lanes order by lane").fetchall()
    except SqliteError as error:
        raise LedgerUnavailable(
            f"{path} cannot be read: {error}; restore it from a backup, or move it away"
        ) from error
    return [Standing(lane, epoch, number, gate) for lane, epoch, gate in rows]


def holders(standing: Iterable[Standing]) -> dict[int, Standing]:
    """Of each lane the copy that counts; rows of it in any other file are left from a move."""
    return {each.lane: each for each in sorted(standing)}


def check_placed(root: Path, shard: Shard) -> None:
    """Raise `LedgerUnavailable` unless a process holds all lanes of its shard and no others."""
    for each in standings(root):
        if (each.process == shard.index) is not shard.owns(each.gate):
            raise LedgerUnavailable(
                f"lane {each.lane} is in ledger-{each.process}.db, and belongs to process"
                f" {each.gate % shard.of} of {shard.of}: stop all of Headgate, and start"
                f" `headgate up --deliver-processes {shard.of}` once, which moves it"
            )
