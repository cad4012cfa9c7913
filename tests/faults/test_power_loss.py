"""Reliability T3: the power fails under load; on the medium is what was synced, and no more."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.log.port import Verdict
from tests.conftest import absent
from tests.faults.clients import Clients
from tests.faults.judging import ALL, SLOTS, repeats, settled, summary
from tests.faults.kept import check_kept
from tests.faults.lone import Lone
from tests.faults.mortal import Mortal
from tests.faults.stored import verdicts
from tests.faults.volume import LOOPS, Refused, Volume
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import judge_rest, tell
from tests.harness.receiver import slow
from tests.harness.sending import send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tests.harness.receiver import Receiver

SIZE = "64M"
LIARS = ("hasty", "unsynced")
LINGER_SECONDS = 0.03
UNSURE_SECONDS = 0.5
"""Answers that came so shortly before may not be in the ledger yet: it is synced in between."""


@pytest.fixture
def volume(needs: Callable[[str, str], Path], tmp_path: Path) -> Iterator[Volume]:
    """An ext4 of its own; a machine that cannot offer one is passed over, even in CI."""
    if os.geteuid():
        absent("needs root, to mount a disk that loses power: run the tests as root")
    if not LOOPS.exists():
        pytest.skip(
            f"needs {LOOPS}, to mount a disk from a file: run the tests outside a container"
        )
    needs("mkfs.ext4", "apt-get install e2fsprogs")
    image = tmp_path / "image"
    try:
        with Volume(tmp_path / "headgate" / "data", SIZE, image=image) as volume:
            probe(volume)
            yield volume
            judge_rest()  # as long as the disk is there
    except Refused as refusal:
        absent(f"needs root's right to mount a disk that loses power: {refusal}")


def probe(volume: Volume) -> None:
    """A file that nobody synced is gone: else these tests show nothing. Raises `Refused`."""
    (volume.folder / "probe").write_bytes(b"in the cache")
    volume.lose_power()
    volume.mount_again()
    if (volume.folder / "probe").exists():
        raise Refused("what was never synced survives here")


@pytest.fixture
def folder(volume: Volume) -> Path:
    """Of a Headgate whose data is on that disk."""
    return volume.folder.parent


@pytest.mark.root
@pytest.mark.timeout(900)
@pytest.mark.parametrize("trials", [8, pytest.param(40, marks=pytest.mark.full)])
def test_a_power_loss_takes_nothing_that_was_acknowledged(
    trials: int, volume: Volume, folder: Path, rng: Random
) -> None:
    told = []
    with Lone(folder) as lone, Clients(lone.url, count=6, pause=0.005) as clients:
        lone.start()
        for _ in range(trials):
            point, is_kept = rng.uniform(0.02, 0.4), rng.random() < 0.5
            if is_kept:
                lone.headgate.run("keep")
            under_load(lone, clients, point)
            volume.lose_power()
            found_again(lone, volume, clients)
            told.append(f"{point * 1000:.0f} ms{' and kept' if is_kept else ''}")
        clients.is_silent = False
        clients.finish()
        send(lone.url, sorted(clients.acknowledged))
        found = verdicts(lone.data)
        check_kept(found, clients.acknowledged, clients.sent)
        lone.end()
    assert {said[-1] for said in found.values()} == {Verdict.DUPLICATE}
    tell(f"{trials} trials, {len(clients.acknowledged)} acknowledged, 0 lost; {', '.join(told)}")


def under_load(lone: Lone, clients: Clients, seconds: float) -> None:
    lone.await_ready()
    clients.is_silent = False
    time.sleep(seconds)


def found_again(lone: Lone, volume: Volume, clients: Clients) -> None:
    """After a power loss: what the next start makes of what is left.

    The process runs on for a moment, and must not acknowledge what goes nowhere.
    """
    time.sleep(LINGER_SECONDS)
    clients.is_silent = True
    lone.end()
    volume.mount_again()
    lone.start()
    lone.await_ready()
    check_kept(verdicts(lone.data), clients.acknowledged, clients.sent)


@pytest.mark.root
@pytest.mark.timeout(900)
@pytest.mark.parametrize("trials", [2, pytest.param(20, marks=pytest.mark.full)])
def test_a_power_loss_repeats_no_more_deliveries_than_it_may(
    trials: int, volume: Volume, folder: Path, receiver: Receiver, rng: Random
) -> None:
    headgate, allowed = Mortal(folder, environ={"HEADGATE_SLOTS": str(SLOTS)}), 0
    headgate.apply(declaration(connection("all", receiver.url(ALL))))
    receiver.script(ALL, slow(0.003))
    with headgate, Clients(headgate.ready.collect, count=6, pause=0.01) as clients:
        for _ in range(trials):
            clients.is_silent = False
            time.sleep(rng.uniform(0.1, 0.7))
            pids = headgate.pids()
            volume.lose_power()
            clients.is_silent = True
            allowed += unsure(receiver)
            headgate.end_with(pids)
            volume.mount_again()
            headgate.start()
        clients.is_silent = False
        clients.finish()
        found = settled(headgate, receiver, clients.acknowledged, faultless=False)
    assert repeats(found) <= allowed
    tell(f"{trials} trials, {summary(found)} of {allowed} that may be")


def unsure(receiver: Receiver) -> int:
    """Answers whose marks a power loss may take now: these events may be sent again."""
    since = time.monotonic() - UNSURE_SECONDS
    return SLOTS + sum(since < each.at for each in receiver.taken(ALL))


@pytest.mark.root
@pytest.mark.timeout(300)
@pytest.mark.parametrize("liar", LIARS)
def test_collection_that_does_not_wait_for_the_disk_is_caught(
    liar: str, volume: Volume, folder: Path
) -> None:
    environ = {"PYTHONPATH": str(Path(__file__).with_name(liar))}
    with Lone(folder, environ) as lone, Clients(lone.url, count=6, pause=0.002) as clients:
        clients.is_silent = True
        lone.start()
        lone.await_ready()
        lone.end()
        volume.mount_again()  # what its first start has made is on the medium now
        lone.start()
        under_load(lone, clients, 0.3)
        volume.lose_power()
        with pytest.raises(AssertionError, match="acknowledged messages are not in the log"):
            found_again(lone, volume, clients)
        lost = clients.acknowledged - {message_id for _, message_id in verdicts(lone.data)}
        lone.end()
    tell(f"{liar}: {len(clients.acknowledged)} acknowledged, {len(lost)} lost")
