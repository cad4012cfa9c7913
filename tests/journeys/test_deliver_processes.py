"""Several deliver processes share the connections, and their number may change at each start."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from headgate.ledger.shard import holders, standings
from tests.harness.checks import check, check_balance
from tests.harness.declarations import connection, declaration, subscription
from tests.harness.fixtures import tell
from tests.harness.receiver import OK, failing, until
from tests.harness.sending import fresh, post, send, track
from tests.harness.system import CommandFailed, is_alive

if TYPE_CHECKING:
    from random import Random

    from headgate.ledger.shard import Standing
    from tests.harness.checks import Checked
    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver, Step
    from tests.harness.system import Headgate

PROCESSES = "HEADGATE_DELIVER_PROCESSES"
HEALTHY = [f"healthy-{number}" for number in range(6)]
BUSY = [f"busy-{number}" for number in range(3)]
BROKEN = [f"broken-{number}" for number in range(3)]
SLUGS = [*HEALTHY, *BUSY, *BROKEN]
"""In the order of their numbers, so that each kind is in every one of three shards."""
EACH = 200
"""Events of every phase; as many of them as there are rare ones are busy, and as many broken."""
RARE = 4
MOVE_SECONDS = 3.0
BUSY_NOW = failing(503)


def configure(headgate: Headgate, receiver: Receiver, *, busy: Step = BUSY_NOW) -> None:
    """Healthy ones want everything, busy ones what is Busy, broken ones what is Broken."""

    def rare(slug: str) -> dict[str, object]:
        event = slug.partition("-")[0].capitalize()
        only = subscription(receiver.url(f"/{slug}"), trigger=f'event = "{event}"')
        return connection(slug, subscriptions=[only])

    healthy = [connection(slug, receiver.url(f"/{slug}")) for slug in HEALTHY]
    headgate.apply(declaration(*healthy, *map(rare, [*BUSY, *BROKEN])))
    for slug in BUSY:
        receiver.script(f"/{slug}", busy)
    for slug in BROKEN:
        receiver.script(f"/{slug}", failing(400))


def send_some(headgate: Headgate) -> dict[str, list[str]]:
    """Ids that were acknowledged, by the name of their event; no rare one waits for another."""
    named = {"Busy": fresh(RARE, "busy"), "Broken": fresh(RARE, "broken")}
    rare = [track(each, event=name, userId=each) for name, ids in named.items() for each in ids]
    assert post(headgate.ready.collect, "/v1/batch", {"batch": rare}).status == 200
    return {**named, "Usual": send(headgate.ready.collect, fresh(EACH - len(rare)))}


def start_with(headgate: Headgate, processes: int) -> None:
    headgate.environ[PROCESSES] = str(processes)
    headgate.start()
    assert len(headgate.ready.pids["deliver"]) == processes


def stop(headgate: Headgate) -> None:
    check_balance(headgate.ledger())
    headgate.stop()
    check_balance(headgate.ledger())


def checked(headgate: Headgate, receiver: Receiver, ids: list[str], broken: list[str]) -> Checked:
    """Nothing lost, nothing twice, dead letters where they were, whoever delivers."""
    taken = {slug: receiver.taken(f"/{slug}") for slug in SLUGS}
    found = check(headgate, acknowledged=ids, taken=taken)
    for slug in HEALTHY:
        assert found.rows[slug].ended() == {"delivered": len(ids)}, slug
    for slug in BROKEN:
        assert found.rows[slug].dead_lettered == len(broken), slug
    for message_id in broken:
        states = {way.connection: way.state for way in headgate.trace(message_id).deliveries}
        assert {states[slug] for slug in BROKEN} == {"dead_lettered"}
    return found


def arrived(receiver: Receiver, count: int) -> None:
    for slug in HEALTHY:
        receiver.wait(count, f"/{slug}")


def are_tried_again(receiver: Receiver, busy: list[str]) -> bool:
    """Whether each busy connection was asked at least twice for each of these messages."""
    asked = Counter((each.path, each.message_id) for each in receiver.received())
    return all(asked[f"/{slug}", each] > 1 for slug in BUSY for each in busy)


def homes(headgate: Headgate, processes: int) -> list[int]:
    """How many lanes each process holds, none of them where it should not be."""
    found = standings(headgate.data)
    assert holders(found).keys() == {each.lane for each in found}
    assert len(found) == len(holders(found)) == len(SLUGS)
    assert all(each.process == each.gate % processes for each in found)
    return [sum(each.process == index for each in found) for index in range(processes)]


def test_lanes_go_on_whoever_delivers_them(start: Start, receiver: Receiver) -> None:
    """Three processes, then one, then two: what waits and what was given up goes with its lane."""
    headgate = start(environ={PROCESSES: "3"})
    configure(headgate, receiver)
    first = send_some(headgate)
    arrived(receiver, EACH)
    until(lambda: all(receiver.received(f"/{slug}") for slug in BUSY), 20, "busy ones asked")
    assert homes(headgate, 3) == [4, 4, 4]
    stop(headgate)

    start_with(headgate, 1)
    second = send_some(headgate)
    arrived(receiver, 2 * EACH)
    until(lambda: are_tried_again(receiver, first["Busy"]), 30, "second attempts")
    assert homes(headgate, 1) == [12]
    for slug in BUSY:
        receiver.script(f"/{slug}", OK)
    stop(headgate)

    start_with(headgate, 2)
    third = send_some(headgate)
    arrived(receiver, 3 * EACH)
    busy = [*first["Busy"], *second["Busy"], *third["Busy"]]
    for slug in BUSY:
        receiver.wait(len(busy), f"/{slug}", 60)
    until(lambda: not any(row.pending for row in headgate.ledger()), 20, "an end of all of them")
    ids = [each for phase in (first, second, third) for named in phase.values() for each in named]
    broken = [*first["Broken"], *second["Broken"], *third["Broken"]]
    found = checked(headgate, receiver, ids, broken)
    assert homes(headgate, 2) == [6, 6]
    assert_numbered(headgate, first["Busy"])
    tell(f"3, 1, 2 processes, 12 connections: {found}")
    stop(headgate)


def assert_numbered(headgate: Headgate, busy: list[str]) -> None:
    """Attempts of one delivery count on, in the files of several processes."""
    for message_id in busy:
        for way in headgate.trace(message_id).deliveries:
            numbers = [each.n for each in way.attempts]
            assert numbers == list(range(1, len(numbers) + 1)), (message_id, way.connection)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("ends", [4, pytest.param(40, marks=pytest.mark.full)])
def test_a_start_that_is_killed_while_lanes_move_is_followed_by_one_that_goes_on(
    start: Start, receiver: Receiver, rng: Random, ends: int
) -> None:
    """Kill -9 of the supervisor when it has begun to move the lanes to other processes."""
    headgate = start(environ={PROCESSES: "3"})
    configure(headgate, receiver, busy=OK)
    first = send_some(headgate)
    arrived(receiver, EACH)
    until(lambda: not any(row.pending for row in headgate.ledger()), 20, "an end of all of them")
    stop(headgate)
    points = [killed(headgate, rng) for _ in range(ends)]
    start_with(headgate, 2)
    ids = [each for named in first.values() for each in named]
    checked(headgate, receiver, ids, first["Broken"])
    homes(headgate, 2)
    tell(f"killed {', '.join(points)}")


def killed(headgate: Headgate, rng: Random) -> str:
    """Start with another number of processes, and kill it on its way."""
    processes, seconds = rng.choice((1, 2, 3, 5)), rng.uniform(0, 0.02)
    before = standings(headgate.data)
    headgate.environ[PROCESSES] = str(processes)
    ending = threading.Thread(target=_kill_once_moving, args=(headgate, before, seconds))
    ending.start()
    with contextlib.suppress(AssertionError):  # it ended before it was ready
        headgate.start()
    ending.join()
    headgate.end()
    check_balance(headgate.ledger())
    found = standings(headgate.data)
    away = sum(each.process != each.gate % processes for each in found)
    return f"{processes} at {seconds * 1000:.0f} ms with {away} of {len(found)} lanes not at home"


def _kill_once_moving(headgate: Headgate, before: list[Standing], seconds: float) -> None:
    """End the supervisor so long after the first lane has moved; its children end with it."""
    end = time.monotonic() + MOVE_SECONDS
    while standings(headgate.data) == before and time.monotonic() < end:
        pass  # they may all be at home already
    time.sleep(seconds)
    headgate.end_at_once()


def test_a_process_of_another_number_is_refused(start: Start, receiver: Receiver) -> None:
    """It would deliver what others deliver; it says what to do instead."""
    headgate = start(environ={PROCESSES: "2"})
    configure(headgate, receiver)
    with pytest.raises(CommandFailed, match="say the same number") as refused:
        headgate.run("deliver", "--index", "2", "--of", "3")
    assert "Traceback" not in str(refused.value)
    with pytest.raises(CommandFailed, match="deliver-1 already runs"):
        headgate.run("deliver", "--index", "1")
    with pytest.raises(CommandFailed, match="--index counts from 0 to 1"):
        headgate.run("deliver", "--index", "2")
    stop(headgate)
    with pytest.raises(CommandFailed, match="--deliver-processes 3"):
        headgate.run("deliver", "--index", "2", "--of", "3")
    headgate.start()


def test_one_of_several_that_dies_is_replaced_and_the_others_go_on(
    start: Start, receiver: Receiver
) -> None:
    headgate = start("--deliver-processes", "3")
    configure(headgate, receiver)
    pids = headgate.status().pids["deliver"]
    victim = headgate.kill("deliver", 1)
    until(lambda: not is_alive(victim), 5, "its end")
    ids = [each for named in send_some(headgate).values() for each in named]
    arrived(receiver, EACH)
    now = headgate.status().pids["deliver"]
    assert [now[0], now[2]] == [pids[0], pids[2]]
    assert now[1] not in pids
    metrics = headgate.metrics()
    assert [metrics[f'headgate_up{{index="{index}",role="deliver"}}'] for index in range(3)] == [
        1
    ] * 3
    taken = {slug: receiver.taken(f"/{slug}") for slug in HEALTHY}
    check(headgate, acknowledged=ids, taken=taken, faultless=False)
