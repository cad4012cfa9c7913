from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.log.errors import Damaged
from headgate.log.keys import subject_hash
from headgate.log.segments.manifest import (
    NAME,
    Manifest,
    Run,
    Sealed,
    load_manifest,
    read_manifest,
    save_manifest,
)
from headgate.log.segments.sidecars import read_subjects, write_subjects
from tests.simulation.disk import SimDisk

FOLDER = Path("/log")
PATH = FOLDER / "1.sub"

MANIFEST = Manifest(
    segments=(Sealed(5, 15, 100, 2, 9, 1, 0, 7, 8, 6, 7, {3: {"too_large": 2}}, kept=False),),
    runs=(Run("5.ids", (5,), 10, 8),),
    window=3,
    gone_events=4,
    gone_rejected={1: {"bad_timestamp": 5}},
)


def test_a_manifest_comes_back_as_it_was() -> None:
    disk = SimDisk()
    assert read_manifest(disk, FOLDER) == Manifest()
    save_manifest(disk, FOLDER, MANIFEST)
    assert read_manifest(disk, FOLDER) == MANIFEST
    assert MANIFEST.covered == MANIFEST.firsts == {5}
    assert MANIFEST.sealed(5) == MANIFEST.segments[0]
    assert MANIFEST.sealed(6) is None


def test_any_damage_to_a_manifest_is_noticed_and_it_is_as_good_as_none() -> None:
    disk = SimDisk()
    save_manifest(disk, FOLDER, MANIFEST)
    size = disk.open(FOLDER / NAME).size()
    for at in range(size):
        if at == 8:
            continue  # the line break behind the checksum says nothing
        copy = disk.fork()
        copy.flip(FOLDER / NAME, at)
        with pytest.raises(Damaged):
            read_manifest(copy, FOLDER)
        assert load_manifest(copy, FOLDER) == Manifest()
    for length in range(size):
        copy = disk.fork()
        copy.cut(FOLDER / NAME, length)
        assert load_manifest(copy, FOLDER) == Manifest()


@given(names=st.sets(st.text(max_size=5), max_size=20))
def test_a_subject_sidecar_holds_the_hashes_that_were_written(names: set[str]) -> None:
    disk = SimDisk()
    hashes = {subject_hash(b"secret", 1, name) for name in names}
    write_subjects(disk, PATH, hashes)
    assert read_subjects(disk, PATH) == hashes
    assert len(hashes) == len(names)


def test_a_damaged_subject_sidecar_is_refused() -> None:
    """An erasure that trusted it would leave somebody's events in the segment."""
    disk = SimDisk()
    write_subjects(disk, PATH, {subject_hash(b"secret", 1, name) for name in "abc"})
    for at in range(disk.open(PATH).size()):
        copy = disk.fork()
        copy.flip(PATH, at)
        with pytest.raises(Damaged, match=r"1\.sub"):
            read_subjects(copy, PATH)


def test_a_subject_of_another_source_has_another_hash() -> None:
    assert subject_hash(b"secret", 1, "ann") != subject_hash(b"secret", 2, "ann")
    assert subject_hash(b"secret", 1, "ann") != subject_hash(b"other", 1, "ann")
