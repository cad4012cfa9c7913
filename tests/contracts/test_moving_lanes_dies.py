"""A move of lanes between ledger files may end anywhere: nothing is lost or doubled."""

from __future__ import annotations

import contextlib
import shutil
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any

import pytest

from headgate.folder import DataFolder
from headgate.ledger import moving
from headgate.ledger.driver import open_writer
from headgate.ledger.moving import move_lanes
from headgate.ledger.port import LedgerUnavailable
from tests.contracts.filled import check_counts_once, check_moved, fill, held
from tests.simulation.keepers import changed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Killed(Exception):
    """The process ends here; the kernel keeps what was committed."""


class Mortal:
    """A connection of a move that is watched."""

    def __init__(self, file: Any, watch: Watch) -> None:
        self._file, self._watch = file, watch

    def execute(self, statement: str, *values: Any) -> Any:
        self._watch.before(statement, self._file)
        found = self._file.execute(statement, *values)
        self._watch.after(statement)
        return found

    def executemany(self, statement: str, rows: Any) -> None:
        self._watch.before(statement, self._file)
        self._file.executemany(statement, rows)

    def close(self) -> None:
        self._file.close()


class Watch:
    """Counts the statements of a move, ends it before one, and tears what its commits wrote."""

    def __init__(self, root: Path, *, dies_at: int = 0, torn: Path | None = None) -> None:
        self._root, self._dies_at, self._torn = root, dies_at, torn
        self.statements = 0
        self.copies: list[Path] = []
        """Folders as power loss leaves them: the log of writes cut at some write of a commit."""
        self._before: dict[str, bytes] = {}

    def opened(self, path: Path) -> Mortal:
        return Mortal(open_writer(path), self)

    def before(self, statement: str, file: Any) -> None:
        self.statements += 1
        if self.statements == self._dies_at:
            raise Killed
        if statement == "commit":
            assert file.execute("pragma synchronous").fetchone() == (2,), "it awaits no disk"
            self._before = self._writes()

    def after(self, statement: str) -> None:
        if statement == "commit" and self._torn is not None:
            for name, whole in self._writes().items():
                for size in changed(self._before.get(name, b""), whole):
                    self._tear(self._torn / str(len(self.copies)), name, whole[:size])

    def _writes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self._root.glob("*.db-wal")}

    def _tear(self, copy: Path, name: str, wal: bytes) -> None:
        copy.mkdir(parents=True)
        for path in self._root.glob("*.db*"):
            if not path.name.endswith("-shm"):
                shutil.copyfile(path, copy / path.name)
        (copy / name).write_bytes(wal)
        self.copies.append(copy)


class Moves:
    """Moves of the same lanes from one file to three, each of which ends somewhere else."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._place, self._monkeypatch = place, monkeypatch
        self._begin = DataFolder(place / "begin").make()
        fill(self._begin)
        self.before = held(self._begin.root)

    def move(self, **how: Any) -> tuple[DataFolder, Watch]:
        """A move that was watched, and where it came to."""
        root = self._place / "moved"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self._begin.root, root)
        folder, watch = DataFolder(root), Watch(root, **how)
        with self._monkeypatch.context() as patch:
            patch.setattr(moving, "open_writer", watch.opened)
            with contextlib.suppress(Killed):
                move_lanes(folder, 3)
        return folder, watch

    def killed(self, rng: Random, most: int | None) -> Iterator[DataFolder]:
        """Before each of its statements, or before some of them."""
        for point in drawn(range(1, self.move()[1].statements + 1), rng, most):
            yield self.move(dies_at=point)[0]

    def torn(self, rng: Random, most: int | None) -> Iterator[DataFolder]:
        """Power is lost in each write of each commit, or in some of them."""
        for copy in drawn(self.move(torn=self._place / "torn")[1].copies, rng, most):
            yield DataFolder(copy).make()


def drawn(points: Any, rng: Random, most: int | None) -> list[Any]:
    return list(points) if most is None else rng.sample(points, most)


@pytest.fixture
def moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Moves:
    return Moves(tmp_path, monkeypatch)


@pytest.fixture
def rng() -> Random:
    seed = SystemRandom().randrange(1 << 32)
    print(f"SEED={seed}")  # noqa: T201 - to run a failure again
    return Random(seed)  # noqa: S311


@pytest.mark.parametrize("most", [25, pytest.param(None, marks=pytest.mark.full)])
@pytest.mark.parametrize("death", ["killed", "torn"])
def test_a_move_that_ends_anywhere_loses_and_doubles_nothing(
    moves: Moves, rng: Random, death: str, most: int | None
) -> None:
    """The next start finishes it, undoes it, or moves on: as many processes as it is told."""
    states = 0
    for left in getattr(moves, death)(rng, most):
        check_counts_once(left.root, moves.before)
        for processes in rng.sample((1, 2, 3), 2):
            move_lanes(left, processes)
            check_moved(left.root, moves.before, processes)
            check_counts_once(left.root, moves.before)
        states += 1
    assert states >= (most or 100)


def test_a_move_that_deletes_before_it_has_copied_is_caught(
    moves: Moves, rng: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what was deleted first is in no file when the move ends there."""
    copy = moving._copy

    def deleted_first(source: Any, target: Any, each: Any) -> None:
        moving._delete(source, each.lane)
        copy(source, target, each)

    monkeypatch.setattr(moving, "_copy", deleted_first)

    def judged() -> None:
        for left in moves.killed(rng, 25):
            check_counts_once(left.root, moves.before)

    with pytest.raises(AssertionError):
        judged()


def test_a_copy_that_does_not_raise_the_epoch_is_caught(
    moves: Moves, rng: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: two files then hold a lane alike, and the next start cannot tell."""
    copy = moving._copy
    monkeypatch.setattr(
        moving,
        "_copy",
        lambda source, target, each: copy(source, target, each._replace(epoch=each.epoch - 1)),
    )

    def went_on() -> None:
        for left in moves.killed(rng, None):
            move_lanes(left, 3)

    with pytest.raises(LedgerUnavailable, match="same epoch"):
        went_on()
