from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

import pytest

from headgate.ledger.driver import open_reader
from headgate.ledger.reserve import SIZE
from tests.conftest import absent
from tests.faults.clients import Clients
from tests.faults.judging import (
    ALL,
    HEAL_SECONDS,
    arrived,
    check_refusals,
    repeats,
    settled,
    summary,
    takes_events,
)
from tests.faults.mortal import ROLES, Mortal
from tests.faults.volume import Refused, Volume
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import judge_rest, tell
from tests.harness.receiver import slow, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.harness.receiver import Receiver

SIZE_OF_DISK = "32M"
SLOTS = 64


@pytest.fixture
def small_disk(
    request: pytest.FixtureRequest, needs: Callable[[str, str], Path], tmp_path: Path
) -> Iterator[Path]:
    """A file system of 32 MB of its own, mounted where the data folder will be."""
    if os.geteuid():
        absent("needs root, to mount a small disk: run the tests as root")
    if is_ext4 := request.param == "ext4":
        needs("mkfs.ext4", "apt-get install e2fsprogs")
    image = tmp_path / "image" if is_ext4 else None
    volume = Volume(tmp_path / "headgate" / "data", SIZE_OF_DISK, image=image)
    try:
        volume.mount()
    except Refused as refusal:
        absent(f"needs the right to mount a small disk: {refusal}")
    try:
        yield volume.folder
        judge_rest()  # as long as the disk is there
    finally:
        volume.unmount()


def fill(path: Path) -> None:
    """Write a file until nothing more fits."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


def is_whole(database: Path) -> bool:
    reader = open_reader(database)
    try:
        return bool(reader.execute("pragma integrity_check").fetchall() == [("ok",)])
    finally:
        reader.close()


@pytest.mark.root
@pytest.mark.parametrize(
    ("small_disk", "killed"),
    [
        ("ext4", ()),
        ("tmpfs", ROLES),
        pytest.param("tmpfs", (), marks=pytest.mark.full),
        pytest.param("ext4", ROLES, marks=pytest.mark.full),
        pytest.param("ext4", ("collect",), marks=pytest.mark.full),
        pytest.param("ext4", ("deliver",), marks=pytest.mark.full),
    ],
    indirect=["small_disk"],
)
def test_a_full_disk_takes_no_events_delivers_what_it_has_and_heals(
    small_disk: Path, receiver: Receiver, killed: tuple[str, ...]
) -> None:
    headgate = Mortal(small_disk.parent)
    headgate.apply(declaration(connection("all", receiver.url(ALL))))
    receiver.script(ALL, slow(1.0))
    foreign, probes = small_disk / "foreign", list[str]()
    with headgate, Clients(headgate.ready.collect, count=4, pause=0.03, padding=500) as clients:
        before = headgate.pids()
        time.sleep(0.7)
        fill(foreign)
        waiting = len(clients.acknowledged - arrived(receiver))
        receiver.script(ALL, slow(0.01))
        headgate.strike(*killed)()
        until(lambda: clients.acknowledged <= arrived(receiver), 15, "delivery on a full disk")
        until(lambda: len(clients.answers) > 20, 10, "refusals")
        assert headgate.data_folder.reserve.stat().st_size == 0
        clients.is_resting = True
        foreign.unlink()
        healed = until(lambda: takes_events(headgate, probes), HEAL_SECONDS, "an end of refusals")
        until(lambda: headgate.data_folder.reserve.stat().st_size == SIZE, HEAL_SECONDS, "reserve")
        clients.finish()
        acknowledged = clients.acknowledged.union(probes)
        found = settled(headgate, receiver, acknowledged, faultless=not killed)
        assert killed or headgate.pids() == before
    assert all(map(is_whole, small_disk.glob("*.db")))
    assert waiting > SLOTS
    assert repeats(found) <= SLOTS
    said = check_refusals(clients.answers)
    tell(f"1 trial, {said}, {waiting} waited, healed in {healed:.2f} s; {summary(found)}")
