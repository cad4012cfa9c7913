from __future__ import annotations

import os
import signal
import threading
import time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.clients import Clients
from tests.faults.judging import ALL, repeats, summary
from tests.faults.mortal import Mortal
from tests.harness.checks import check, check_log
from tests.harness.declarations import connection, declaration, subscription
from tests.harness.fixtures import tell
from tests.harness.receiver import OK, Receiver, failing, slow, until
from tests.harness.sending import fresh, send
from tests.harness.system import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from tests.harness.checks import Checked

VICTIMS = ("supervisor", "collect", "deliver", "all")
WEIGHTS = (1, 2, 2, 1)
"""Starting all anew takes longest."""
KILLS_OF_A_SYSTEM = 10
HASTY_KILLS = 8
"""Some find nothing that was answered and not yet written."""
REPEATED = 500
"""So many of the messages that one system acknowledged are sent once more at the end."""
AFTERWARDS_SECONDS = 0.05
"""How long the load goes on after a kill: what waits meanwhile is sent again, but no more comes."""
HASTY = Path(__file__).with_name("hasty")
TRACKS = "/tracks"


def configure(headgate: Mortal, receiver: Receiver, rng: Random) -> None:
    """Everything goes to one path that refuses some now and then, tracks to another."""
    tracks = subscription(receiver.url(TRACKS), trigger='type = "track"')
    headgate.apply(
        declaration(
            connection("all", receiver.url(ALL)), connection("tracks", subscriptions=[tracks])
        )
    )
    receiver.script(ALL, *rng.choices((slow(0.004), failing(503)), (150, 1), k=5000), OK)
    receiver.script(TRACKS, slow(0.004))


def drawn(headgate: Mortal, victim: str, rng: Random) -> list[str]:
    """The processes to kill: any one of a role, or all in any order."""
    names = sorted(headgate.pids())
    if victim == "all":
        return rng.sample(names, len(names))
    return [rng.choice([name for name in names if name.startswith(victim)])]


def killed(headgate: Mortal, victims: Sequence[str], rng: Random) -> tuple[set[str], list[str]]:
    """Kill each under load, drain; the acknowledged ids, and who was killed when."""
    points = []
    with Clients(headgate.ready.collect, pause=0.015) as clients:
        for victim in victims:
            clients.is_resting = False
            point, names = rng.uniform(0.01, 0.5), drawn(headgate, victim, rng)
            time.sleep(point)
            revive = headgate.strike(*names)
            points.append(f"{'+'.join(names)} {point * 1000:.0f} ms")
            time.sleep(AFTERWARDS_SECONDS)
            clients.is_resting = True
            revive()
        clients.finish()
    headgate.drain()
    assert clients.acknowledged == clients.sent
    return clients.acknowledged, points


def checked(headgate: Mortal, receiver: Receiver, acknowledged: set[str]) -> Checked:
    again = send(headgate.ready.collect, sorted(acknowledged)[-REPEATED:])
    taken = {"all": receiver.taken(ALL), "tracks": receiver.taken(TRACKS)}
    found = check(headgate, acknowledged=acknowledged, taken=taken, faultless=False)
    stat = headgate.log_stat()
    assert (found.live, found.live) == (len(acknowledged), stat.events)
    assert found.duplicates == stat.duplicates >= len(again) > 0
    assert found.rows["all"].ended() == {"delivered": len(acknowledged)}
    assert found.rows["tracks"].pending == 0
    return found


def portions(victims: list[str]) -> Iterator[list[str]]:
    rest = iter(victims)
    while portion := list(islice(rest, KILLS_OF_A_SYSTEM)):
        yield portion


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("trials", [20, pytest.param(300, marks=pytest.mark.full)])
def test_no_kill_loses_or_repeats_more_than_it_may(
    trials: int, tmp_path: Path, rng: Random
) -> None:
    total = repeated = 0
    for number, victims in enumerate(portions(rng.choices(VICTIMS, WEIGHTS, k=trials))):
        slots, processes = rng.choice((8, 32)), 1 + number % 2
        headgate = Mortal(
            tmp_path / str(number),
            options=[f"--collect-processes={processes}"],
            environ={"HEADGATE_SLOTS": str(slots)},
        )
        with Receiver(tmp_path / f"receiver-{number}") as receiver:
            configure(headgate, receiver, rng)
            with headgate:
                acknowledged, points = killed(headgate, victims, rng)
                found = checked(headgate, receiver, acknowledged)
        tell(f"{processes} collect, {slots} slots; killed {', '.join(points)}; {summary(found)}")
        assert repeats(found) <= slots * sum(victim in {"deliver", "all"} for victim in victims)
        total += len(acknowledged)
        repeated += repeats(found)
    tell(f"{trials} trials, {total} acknowledged, 0 lost, {repeated} repeats")


@pytest.mark.timeout(300)
def test_collection_that_answers_before_it_writes_is_caught(
    receiver: Receiver, tmp_path: Path, rng: Random
) -> None:
    headgate = Mortal(tmp_path / "hasty", environ={"PYTHONPATH": str(HASTY)})
    configure(headgate, receiver, rng)
    with headgate:
        victims = ["collect"] * HASTY_KILLS + [rng.choice(VICTIMS)]
        acknowledged, points = killed(headgate, victims, rng)
        lines = headgate.log_cat(everything=True)
    lost = acknowledged - {line.messageId for line in lines}
    tell(f"killed {', '.join(points)}: {len(acknowledged)} acknowledged, {len(lost)} lost")
    assert len(lost) > 0
    with pytest.raises(AssertionError, match="acknowledged messages are not in the log"):
        check_log(lines, acknowledged)


def test_a_new_start_waits_for_the_children_of_a_killed_supervisor(
    receiver: Receiver, tmp_path: Path
) -> None:
    headgate = Mortal(tmp_path / "headgate")
    headgate.apply(declaration(connection("all", receiver.url(ALL))))
    receiver.script(ALL, slow(1.0))
    with headgate:
        acknowledged = send(headgate.ready.collect, fresh(20))
        until(lambda: len(receiver.received(ALL)) == 20, 10, "requests on their way")
        before = headgate.pids()
        os.kill(before["collect"], signal.SIGSTOP)  # it holds its address for longer than usual
        threading.Timer(2.0, os.kill, (before["collect"], signal.SIGCONT)).start()
        headgate.start_again_at_once()
        assert not any(map(is_alive, before.values()))
        acknowledged += send(headgate.ready.collect, fresh(20))
        headgate.drain()
        found = check(headgate, acknowledged=acknowledged, taken={"all": receiver.taken(ALL)})
    tell(f"1 trial, {summary(found)}")
