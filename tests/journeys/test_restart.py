"""Stopping, starting again, and processes that die: nobody notices but the log file."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.harness.checks import check
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import tell
from tests.harness.receiver import slow, until
from tests.harness.sending import Load, fresh, post, send, track
from tests.harness.system import CommandFailed, is_alive

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver
    from tests.harness.system import Headgate

SLOTS = 64
"""What a connection may have under way, by default: as many may be repeated after a kill."""


def hooked(start: Start, receiver: Receiver, *options: str) -> Headgate:
    headgate = start(*options)
    receiver.script("/hook", slow(0.005))
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    return headgate


def drain(headgate: Headgate, receiver: Receiver, load: Load) -> None:
    """Wait until everything in the log has been delivered."""
    receiver.wait(len(load.acknowledged), "/hook", 60)
    until(lambda: headgate.row("hook").pending == 0, 20, "a ledger with nothing pending")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_an_orderly_stop_under_load_loses_and_repeats_nothing(
    start: Start, receiver: Receiver, processes: str
) -> None:
    headgate = hooked(start, receiver, "--collect-processes", processes)
    with Load(headgate.ready.collect, clients=8) as load:
        time.sleep(1)
        seconds = headgate.stop()
        headgate.start()
        time.sleep(0.5)
    drain(headgate, receiver, load)
    checked = check(headgate, acknowledged=load.acknowledged, taken={"hook": receiver.taken()})
    tell(f"stopped in {seconds:.2f} s; not taken {len(load.unsure)}; {checked}")
    assert load.refused == [], "who is stopping does not refuse: it answers or closes"
    assert checked.acknowledged > 200
    assert checked.rows["hook"].delivered == checked.live


def test_a_second_start_on_a_folder_is_refused_and_harms_nothing(
    start: Start, receiver: Receiver
) -> None:
    headgate = hooked(start, receiver)
    with pytest.raises(CommandFailed, match="already runs") as refused:
        headgate.run("up", "--collect", "127.0.0.1:0", "--control", "127.0.0.1:0")
    assert refused.value.code == 1
    said = str(refused.value)
    assert str(headgate.data) in said
    assert "--data" in said, "it says what to do"
    assert "Traceback" not in said
    ids = send(headgate.ready.collect, fresh(50))
    receiver.wait(50, "/hook")
    assert headgate.status() == headgate.ready
    check(headgate, acknowledged=ids, taken={"hook": receiver.taken()})


@pytest.mark.parametrize("role", ["collect", "deliver"])
def test_a_process_that_is_killed_under_load_is_replaced(
    start: Start, receiver: Receiver, role: str
) -> None:
    """Nothing acknowledged is lost; only what was under way is sent again, with the same key."""
    headgate = hooked(start, receiver)
    with Load(headgate.ready.collect) as load:
        time.sleep(0.7)
        pid = headgate.kill(role)
        until(lambda: not is_alive(pid), 5, "its end")
        until(lambda: is_back(headgate, role, pid), 10, f"another {role}")
        time.sleep(0.7)
    drain(headgate, receiver, load)
    assert headgate.is_running
    assert '"role.died"' in headgate.logs()
    taken = {"hook": receiver.taken()}
    checked = check(headgate, acknowledged=load.acknowledged, taken=taken, faultless=False)
    repeats = len(checked.repeats["hook"])
    assert repeats <= (SLOTS if role == "deliver" else 0)
    tell(f"{checked}, refused meanwhile {len(load.refused)}")


def is_back(headgate: Headgate, role: str, killed: int) -> bool:
    now = headgate.status()
    return now.ready and bool(set(now.pids.get(role, [])) - {killed})


def test_several_collect_processes_keep_one_copy_of_each_message(
    start: Start, receiver: Receiver
) -> None:
    """The same messages at the same time, until both processes have had their share."""
    headgate, clients, rounds = hooked(start, receiver, "--collect-processes", "2"), 6, 40
    assert len(headgate.ready.pids["collect"]) == 2
    ids = fresh(5 * rounds)
    answers: list[int] = []
    meeting = threading.Barrier(clients)

    def client() -> None:
        for number in range(rounds):
            batch = [track(each) for each in ids[5 * number : 5 * number + 5]]
            meeting.wait()
            answers.append(post(headgate.ready.collect, "/v1/batch", {"batch": batch}).status)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * (clients * rounds)
    receiver.wait(len(ids), "/hook")
    checked = check(headgate, acknowledged=ids, taken={"hook": receiver.taken()})
    assert (checked.live, checked.duplicates) == (len(ids), (clients - 1) * len(ids))
    shares = requests_of_each(headgate, clients * rounds)
    tell(f"requests of each process {shares}; {checked}")
    assert min(shares) > 0, "only one of them was asked: this shows nothing"


def requests_of_each(headgate: Headgate, total: int) -> list[float]:
    """What `/metrics` says, once it has heard of all of them."""
    names = [f'headgate_collect_requests_total{{index="{index}"}}' for index in range(2)]

    def shares() -> list[float]:
        metrics = headgate.metrics()
        return [metrics.get(name, 0.0) for name in names]

    until(lambda: sum(shares()) == total, 10, lambda: f"{total} requests, {shares()}")
    return shares()
