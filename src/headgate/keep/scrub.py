"""Reading sealed segments again: what has rotted since is found before somebody needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from google_crc32c import value as crc32c
from msgspec.structs import replace

from headgate.log.errors import Damaged
from headgate.log.segments.chain import Chain
from headgate.log.segments.manifest import Run, save_manifest
from headgate.log.segments.runs import sound_run
from headgate.log.segments.survey import survey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headgate.disk import Disk
    from headgate.log.segments.manifest import Manifest, Sealed

Thing = TypeVar("Thing", "Sealed", "Run")

TURN_MS: Final = 900_000
"""How long one turn lasts: a run reads what has its turn since the last run."""
TURNS: Final = 96
"""After so many, a day, everything has been read once."""


def scrub(disk: Disk, folder: Path, manifest: Manifest, now: int) -> tuple[Manifest, list[str]]:
    """Read what is due since the last time; damage is counted in the manifest, and told."""
    turn, found, warnings = now // TURN_MS, dict[int, "Sealed"](), list[str]()
    last = manifest.scrubbed if 0 < manifest.scrubbed <= turn else turn - 1  # clocks jump
    turns = range(max(last, turn - TURNS) + 1, turn + 1)
    if not turns or not manifest.segments:
        return manifest, []
    chain = Chain(disk, folder)
    try:
        for sealed in due([each for each in manifest.segments if each.kept], turns):
            now_damaged = _damaged(chain, sealed.first)
            if now_damaged > sealed.quarantined:
                found[sealed.first] = replace(sealed, quarantined=now_damaged)
                warnings.append(
                    f"segment {sealed.first} has rotted: {now_damaged - sealed.quarantined} more"
                    " of its frames cannot be read; look at the disk, and restore a backup"
                )
    finally:
        chain.close()
    rotten = {run.name for run in due(manifest.runs, turns) if not _is_sound(disk, folder, run)}
    warnings += [f"{name} has rotted: the next run makes it again" for name in sorted(rotten)]
    segments = tuple(found.get(each.first, each) for each in manifest.segments)
    runs = tuple(run for run in manifest.runs if run.name not in rotten)
    manifest = replace(manifest, segments=segments, runs=runs, scrubbed=turn)
    save_manifest(disk, folder, manifest)
    return manifest, warnings


def due(things: Sequence[Thing], turns: range) -> list[Thing]:
    """Those of some turns. A thing has the same turn of each `TURNS` for its whole life."""
    chosen = {turn % TURNS for turn in turns}
    return [thing for thing in things if crc32c(_name(thing)) % TURNS in chosen]


def _name(thing: Sealed | Run) -> bytes:
    return str(thing.segments[0] if isinstance(thing, Run) else thing.first).encode()


def _is_sound(disk: Disk, folder: Path, run: Run) -> bool:
    try:
        sound_run(disk, folder / run.name).close()
    except Damaged:
        return False
    except FileNotFoundError:
        return True  # which `mend` sees to
    return True


def _damaged(chain: Chain, first: int) -> int:
    try:
        return survey(chain.segment(first), chain.limit(first)).quarantined
    except Damaged:
        return 1  # its own header: nothing of it can be read
    except FileNotFoundError:
        return 0
