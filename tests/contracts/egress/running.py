"""Programs run in a network namespace, and the cure where that cannot be had."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.contracts.egress.namespace import CURE, ENTER
from tests.contracts.egress.rebinding import Turned
from tests.contracts.egress.told import Tried

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parents[3]
UNGUARDED = Path(__file__).parent / "unguarded"
SECONDS = 100
_TRIAL = "from tests.contracts.egress.namespace import Seen, prepare; prepare(); Seen()"


@cache
def _why_not() -> str:
    """Why no namespace can be had here; "" where one can."""
    try:
        done = _run(["-c", _TRIAL], 20)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stderr.decode(errors="replace").strip()[-300:] if done.returncode else ""


def need_namespace() -> None:
    """Skip with the cure where there is none; where machines run the tests that is a failure."""
    why = _why_not()
    if not why:
        return
    reason = f"{CURE}; here it says: {why}"
    if os.environ.get("CI") == "true" or os.environ.get("HEADGATE_REQUIRE_SERVICES"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def tried(
    folder: Path, ways: Sequence[str], names: Iterable[str], *, is_guarded: bool = True
) -> list[Tried]:
    """Give every line, written in these ways, to these entry points."""
    words = ["-m", "tests.contracts.egress.inside", str(folder), ",".join(ways), ",".join(names)]
    if not is_guarded:
        words.append("once")
    return msgspec.json.Decoder(Tried).decode_lines(_said(words, is_guarded=is_guarded))


def _run(
    words: Sequence[str], seconds: float, paths: Sequence[Path] = ()
) -> subprocess.CompletedProcess[bytes]:
    path = os.pathsep.join(map(str, (*paths, ROOT)))
    return subprocess.run(
        [*ENTER, sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        check=False,
    )


def dialled(folder: Path, *, is_guarded: bool = True) -> set[str]:
    """The addresses that a whole Headgate dials for an event that is owed to every line."""
    words = ["-m", "tests.contracts.egress.real", str(folder)]
    return msgspec.json.decode(_said(words, is_guarded=is_guarded), type=set[str])


def turned(folder: Path, seed: int, names: int, *, is_guarded: bool = True) -> Turned:
    """What became of requests to names that turn inwards at moments drawn from the seed."""
    words = ["-m", "tests.contracts.egress.rebinding", str(folder), str(seed), str(names)]
    return msgspec.json.decode(_said(words, is_guarded=is_guarded), type=Turned)


def _said(words: Sequence[str], *, is_guarded: bool) -> bytes:
    done = _run(words, SECONDS, () if is_guarded else (UNGUARDED,))
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]
    return done.stdout
