"""Engines that break a rule on purpose: each must be found out by the checks of the world."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from headgate.deliver import lanes
from headgate.deliver.claiming import SKIPPED
from headgate.deliver.gate import Gate
from headgate.deliver.lane import Lane
from headgate.deliver.order import Order, Ordering
from headgate.deliver.replay import Replay
from headgate.ledger.port import REPLAY_LANES
from headgate.route.selection import ALREADY, STILL_OWED
from tests.simulation.commands import REDRIVE, REPLAY
from tests.simulation.disk import Crash
from tests.simulation.history import Broken
from tests.simulation.receiver import Answer, Owed
from tests.simulation.setting import Batch, Joined, Setting
from tests.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from headgate.deliver.events import Event
    from headgate.deliver.owed import Owed as Owing
    from headgate.ledger.port import CommandRow, Tick

HOOK = 1
ENOUGH = 40


def of(ordering: str = "none", *answers: Answer, slots: int = 8, batch: int = 0) -> Setting:
    """Forty events of three users, one each tenth of a second; each is answered in this order."""
    return Setting(
        batches=[Batch(0.1 * n, 1, f"Paid-{n}") for n in range(ENOUGH)],
        joined=[Joined(HOOK, 1, {"all": frozenset({"Paid"})}, ordering, batch)],
        plan=lambda _, nth: answers[nth - 1] if nth <= len(answers) else Answer(),
        slots=slots,
    )


@pytest.mark.parametrize("ordering", ["none", "per_user", "strict"])
@pytest.mark.parametrize("batch", [0, 3])
def test_an_engine_that_keeps_the_rules_is_not_found_out(ordering: str, batch: int) -> None:
    World(of(ordering, Answer(503, 0.5), Answer(200, 0.5), batch=batch)).live()


class Orderless(Order):
    def enter(self, owed: Owing) -> bool:  # noqa: ARG002 - nobody ever waits
        return True


@pytest.mark.parametrize("ordering", ["per_user", "strict"])
def test_an_engine_without_order_is_found_out(
    monkeypatch: pytest.MonkeyPatch, ordering: str
) -> None:
    monkeypatch.setattr("headgate.deliver.claiming.Order", Orderless)
    with pytest.raises(Broken, match="passed"):
        World(of(ordering, Answer(200, 0.9))).live()


class Impatient(Order):
    def __init__(self, ordering: Ordering, hold: float, most: int) -> None:
        super().__init__(ordering, hold / 10, most)


def test_an_engine_that_holds_for_too_short_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headgate.deliver.claiming.Order", Impatient)
    with pytest.raises(Broken, match="passed"):
        World(of("per_user", Answer(500), Answer(500), Answer(500))).live()


class Uncounted(Order):
    def _lets(self, owed: Owing) -> None:
        before = self.counters["passed"]
        super()._lets(owed)
        self.counters["passed"] = before


def test_an_engine_that_does_not_count_who_passes_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(owed: Owed, nth: int) -> Answer:
        return Answer(500) if owed.message == "Paid-4" and nth < 6 else Answer()

    monkeypatch.setattr("headgate.deliver.claiming.Order", Uncounted)
    setting = of("per_user")
    with pytest.raises(Broken, match="were counted"):
        World(Setting(setting.batches, setting.joined, answer)).live()


def restarted() -> World:
    """Two events of a user fail for long, and when the second has passed the first, all ends."""
    failures = {"Paid-4": 5, "Paid-7": 3}

    def answer(owed: Owed, nth: int) -> Answer:
        return Answer(500) if nth <= failures.get(owed.message, 0) else Answer()

    async def end(world: World) -> None:
        if not world.books.passed:
            await asyncio.sleep(40.0)
            world.dies_at = len(world.points) + 1
            world.point("the end of the first life")

    setting = of("per_user")
    world = World(Setting(setting.batches, setting.joined, answer, trouble=end))
    with pytest.raises(Crash):
        world.live()
    assert world.books.passed == 1
    world.killed()
    return world


def test_a_pass_that_an_earlier_process_counted_is_counted_once() -> None:
    world = restarted()
    world.live()
    later_ones = range(7, ENOUGH, 3)
    assert world.books.passed == len(later_ones)


def test_a_successor_that_does_not_count_who_passes_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = restarted()
    monkeypatch.setattr("headgate.deliver.claiming.Order", Uncounted)
    with pytest.raises(Broken, match="were counted"):
        world.live()


class Open(Gate):
    """It takes no notice of its breaker."""

    def admits(self, now: float, *, is_retry: bool, fresh_waits: bool) -> bool:
        if self.in_flight < self.slots.limit and not self.breaker.is_closed and not self.paused:
            return True
        return super().admits(now, is_retry=is_retry, fresh_waits=fresh_waits)


def test_a_gate_that_admits_while_its_breaker_is_open_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "Gate", Open)
    with pytest.raises(Broken, match=r"before a probe may|probes are under way"):
        World(of("none", Answer(503), Answer(503))).live()


class Deaf(Gate):
    """It does not wait as it is asked to."""

    def ended(self, *args: object, after: float | None = None, **named: object) -> str:  # noqa: ARG002
        return super().ended(*args, after=None, **named)  # type: ignore[arg-type]


def test_a_gate_that_does_not_obey_retry_after_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "Gate", Deaf)
    with pytest.raises(Broken, match="before Retry-After"):
        World(of("none", Answer(429, retry_after=30))).live()


class Restless(Gate):
    """It forgets that it is paused."""

    def pause(self, reason: str, now: float | None = None) -> None:
        super().pause(reason, now)
        self.breaker.close()

    def admits(self, now: float, *, is_retry: bool, fresh_waits: bool) -> bool:
        paused, self.paused = self.paused, ""
        try:
            return super().admits(now, is_retry=is_retry, fresh_waits=fresh_waits)
        finally:
            self.paused = paused


def test_a_paused_connection_that_goes_on_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "Gate", Restless)
    monkeypatch.setattr(Lane, "is_held", False)
    with pytest.raises(Broken, match="while the connection was paused"):
        World(of("none", Answer(401), Answer(401))).live()


async def replayed(world: World) -> None:
    """When all is delivered, somebody asks for what was not."""
    await asyncio.sleep(30.0)
    world.order("replay", HOOK, **{**REPLAY, "start": 0, "stop": world.books.head})
    world.configure()
    await asyncio.sleep(30.0)
    world.order("redrive", HOOK, **REDRIVE)
    world.configure()


class Thorough(Replay):
    """It looks at nothing that was delivered before."""

    def enter(self, first: int, after: int) -> None:
        super().enter(first, after)
        self._delivered = frozenset()


def asked() -> World:
    setting = of("none", Answer(400, 0.01), slots=4)
    return World(Setting(setting.batches, setting.joined, setting.plan, trouble=replayed))


def test_a_replay_and_a_redrive_send_what_was_given_up_and_nothing_else() -> None:
    world = asked()
    world.live()
    assert {fate.sends for fate in world.books.fates.of.values()} == {2}


def test_a_replay_that_sends_again_what_was_delivered_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headgate.deliver.commands.Replay", Thorough)
    setting = of("none")
    world = World(Setting(setting.batches, setting.joined, setting.plan, trouble=replayed))
    with pytest.raises(Broken, match="was sent again when it was ended delivered"):
        world.live()


async def overlapped(world: World) -> None:
    """A replay comes to events that another one, which repeats, has under way: it leaves them."""
    await asyncio.sleep(30.0)
    for asked_for in ({"only": "failed", "again": True}, {}):
        args = {**REPLAY, "start": 0, "stop": world.books.head, **asked_for}
        world.order("replay", HOOK, **args)
        world.configure()
        await asyncio.sleep(1.0)


def overlapping() -> World:
    """One of the forty is given up after five seconds, by the live lane and by its repetition."""

    def answer(owed: Owed, nth: int) -> Answer:
        return Answer(400, 5.0) if owed.message == "Paid-30" and nth == 1 else Answer()

    setting = of("none")
    return World(Setting(setting.batches, setting.joined, answer, trouble=overlapped))


def test_a_replay_leaves_to_another_what_that_one_then_gives_up() -> None:
    world = overlapping()
    world.live()
    repeating, later = REPLAY_LANES + 1, REPLAY_LANES + 2
    tallies = world.keeper.tables.tallies
    assert tallies[repeating, "dead_lettered", "http_400"] == 1
    assert {key: n for key, n in tallies.items() if key[0] == later} == {
        (later, "filtered", STILL_OWED): 1,
        (later, "filtered", ALREADY): ENOUGH - 1,
    }


class Careless(Replay):
    """It leaves everything to others, whether these have it or not."""

    def refusal(self, event: Event) -> str:  # noqa: ARG002
        return STILL_OWED


def test_a_replay_that_leaves_to_others_what_they_gave_up_before_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headgate.deliver.commands.Replay", Careless)
    with pytest.raises(Broken, match="was asked for by lane"):
        overlapping().live()


async def waited(world: World) -> None:
    """A connection is gone, and a replay waits with its live lane until somebody resumes both."""
    await asyncio.sleep(10.0)
    args = {**REPLAY, "start": 0, "stop": world.books.head, "only": "failed"}
    world.order("replay", HOOK, **args)
    world.configure()


async def skipped(world: World) -> None:
    """What the live lane owes is skipped then."""
    await waited(world)
    await asyncio.sleep(1.0)
    world.books.loose.add(HOOK)
    world.order("resume", HOOK, skip=True)
    world.configure()


def waiting(trouble: Callable[[World], Coroutine[object, object, None]]) -> World:
    """The last of forty events is answered with 410 once."""

    def answer(owed: Owed, nth: int) -> Answer:
        return Answer(410) if owed.message == f"Paid-{ENOUGH - 1}" and nth == 1 else Answer()

    setting = of("none")
    return World(Setting(setting.batches, setting.joined, answer, trouble=trouble))


def test_a_replay_sends_what_was_skipped_without_waiting_until_that_is_in_the_ledger() -> None:
    world = waiting(skipped)
    world.live()
    tallies = world.keeper.tables.tallies
    assert tallies[HOOK, "discarded", SKIPPED] == tallies[REPLAY_LANES + 1, "delivered", ""] == 1


class Greedy(Replay):
    """It sends what the live lane is yet to send."""

    def refusal(self, event: Event) -> str:  # noqa: ARG002
        return ""


def test_a_replay_that_does_not_wait_for_what_was_not_skipped_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headgate.deliver.commands.Replay", Greedy)
    with pytest.raises(Broken, match="too early"):
        waiting(waited).live()


def test_a_command_that_is_carried_out_twice_is_found_out() -> None:
    done: list[CommandRow] = []

    def again(tick: Tick) -> None:
        done.extend(tick.commands)
        tick.commands.extend([] if tick.commands else done[:1])

    world = asked()
    world.meddle = again
    with pytest.raises(Broken, match="carried out twice"):
        world.live()
