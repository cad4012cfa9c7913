"""A replay is counted exactly before it begins, and told how far it is while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.clock import iso
from headgate.control import replays
from headgate.control.commands import Desk, Target, give, target_of
from headgate.control.errors import Refused
from headgate.control.observing.progress import one, progress
from headgate.control.observing.rehearsal import Rehearsal, rehearse
from headgate.control.replays import Asked
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import REPLAY_LANES, LaneRow, OpenRow, PlaceRow, Tick
from headgate.log.port import Position
from headgate.route.selection import ALREADY, NOT_SELECTED, STILL_OWED
from headgate.store.database import open_store
from tests.unit.control.pretend import changed
from tests.unit.control.recorded import NOW, Recorded, live_lane, tried

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from headgate.folder import DataFolder
    from headgate.store.snapshot import Snapshot

MINUTE = 60_000
MAPPING = {"url": "http://127.0.0.1:9000/"}
ORDERS = {
    "name": "Orders",
    "action": "send",
    "trigger": 'type = "track" and event = "Order"',
    "mapping": MAPPING,
}
ORDER = {"type": "track", "event": "Order", "userId": "u"}
SIGNUP = {"type": "track", "event": "Signup", "userId": "u"}
USER = {"type": "identify", "userId": "u"}
HOME = {"type": "page", "name": "Home", "userId": "u"}
"""An order goes out twice, a signup and a user once, a page not at all."""


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def recorded() -> Recorded:
    return Recorded(roll=7)


@pytest.fixture
def desk(folder: DataFolder, apply: Callable[..., object], ledger: MemoryLedger) -> Iterator[Desk]:
    apply(changed("connections", 0, "subscriptions", 1, to=ORDERS), head={0: 1 << 62})
    with open_store(folder) as store:
        yield Desk(store, ledger, NOW + 60 * MINUTE, keep_days=90)


@pytest.fixture
def target(desk: Desk) -> Target:
    return target_of(desk, "hook")


def ids(target: Target) -> tuple[str, str]:
    everything, orders = (each.id for each in target.connection.subscriptions)
    return everything, orders


class Rehearsing:
    """`await rehearsing(types=["track"], …)`: what such a replay would do."""

    def __init__(self, recorded: Recorded, ledger: MemoryLedger, target: Target) -> None:
        self._recorded, self._ledger, self._target = recorded, ledger, target

    async def __call__(self, *, most: int = 3, **given: Any) -> Rehearsal:
        log, asked = self._recorded.log, Asked("hook", **given)
        span = await replays.span_of(log, asked)
        now = self._recorded.clock.now
        return await rehearse(log, self._ledger, self._target, asked, span, now, most=most)


@pytest.fixture
def rehearsing(recorded: Recorded, ledger: MemoryLedger, target: Target) -> Rehearsing:
    return Rehearsing(recorded, ledger, target)


def counts(found: Rehearsal) -> tuple[int, int, int, int]:
    return found.events, found.deliveries, found.already_delivered, found.left_to_live


async def test_events_and_the_deliveries_they_would_make_are_counted(
    recorded: Recorded, rehearsing: Rehearsing
) -> None:
    await recorded.append(ORDER, SIGNUP, USER, HOME)
    await recorded.append({**ORDER, "messageId": "twice"}, {**ORDER, "messageId": "twice"})
    await recorded.append(ORDER, SIGNUP, source=2)
    assert counts(await rehearsing()) == (5, 6, 0, 0)
    assert counts(await rehearsing(types=["track"])) == (3, 5, 0, 0)
    assert counts(await rehearsing(events=["Order"])) == (2, 4, 0, 0)
    assert counts(await rehearsing(events=["Home"])) == (1, 0, 0, 0)
    assert counts(await rehearsing(filter='event != "Order"')) == (3, 2, 0, 0)
    assert counts(await rehearsing(types=["group"])) == (0, 0, 0, 0)


async def test_integrations_that_kept_an_event_back_do_not_keep_a_replay_back(
    recorded: Recorded, rehearsing: Rehearsing
) -> None:
    await recorded.append({**SIGNUP, "integrations": {"All": False}})
    assert counts(await rehearsing()) == (1, 1, 0, 0)


async def test_what_was_delivered_is_not_counted_again_unless_asked_for(
    recorded: Recorded, ledger: MemoryLedger, rehearsing: Rehearsing, target: Target
) -> None:
    everything, orders = ids(target)
    order, signup, user = await recorded.append(ORDER, SIGNUP, USER)
    tried(ledger, order, everything, "delivered")
    tried(ledger, order, orders, "discard")
    tried(ledger, signup, everything, "retry")
    tried(ledger, user, everything, "delivered", lane=REPLAY_LANES + 9)
    live_lane(ledger, 0, user + 1, opened=[])
    ended = LaneRow(REPLAY_LANES + 9, 1, "ws", 1, 1, "replay", "rpl_9", "ended")
    ledger.commit(Tick(lanes=[ended]))
    assert counts(await rehearsing()) == (3, 2, 2, 0)
    assert counts(await rehearsing(again=True)) == (3, 4, 2, 0)
    assert counts(await rehearsing(only="failed")) == (3, 2, 2, 0)
    assert counts(await rehearsing(only="failed", again=True)) == (3, 2, 2, 0)


async def test_only_failed_passes_over_what_was_never_tried(
    recorded: Recorded, ledger: MemoryLedger, rehearsing: Rehearsing, target: Target
) -> None:
    order, signup, _ = await recorded.append(ORDER, SIGNUP, USER)
    tried(ledger, signup, ids(target)[0], "discard")
    live_lane(ledger, 0, order + 3, opened=[])
    assert counts(await rehearsing(only="failed")) == (1, 1, 0, 0)


async def test_what_the_live_lane_still_owes_is_left_to_it(
    recorded: Recorded, ledger: MemoryLedger, rehearsing: Rehearsing
) -> None:
    places = await recorded.append(*[SIGNUP] * 10)
    live_lane(ledger, places[2], places[8], ahead=[places[4], places[6]], opened=[places[3]])
    assert counts(await rehearsing()) == (5, 5, 0, 5)
    assert counts(await rehearsing(again=True)) == (5, 5, 0, 5)
    assert counts(await rehearsing(types=["page"])) == (0, 0, 0, 0)


async def test_a_connection_without_a_lane_yet_owes_all_since_it_was_enabled(
    recorded: Recorded, rehearsing: Rehearsing, apply: Callable[..., object], desk: Desk
) -> None:
    before = await recorded.append(SIGNUP, SIGNUP)
    await recorded.append(SIGNUP)
    fresh = changed("connections", 0, "slug", to="fresh")
    apply(fresh, head={0: before[-1] + 1})
    rehearsing._target = target_of(desk, "fresh")
    assert counts(await rehearsing()) == (2, 2, 0, 1)


async def test_any_history_is_counted_as_one_event_after_the_other_would_be(
    recorded: Recorded,
    ledger: MemoryLedger,
    rehearsing: Rehearsing,
    target: Target,
    rng: random.Random,
) -> None:
    kinds = [(ORDER, ids(target)), (SIGNUP, ids(target)[:1]), (HOME, ())]
    wanted: dict[int, tuple[str, ...]] = {}
    for _ in range(40):
        batch = rng.choices(kinds, k=rng.randint(1, 6))
        places = await recorded.append(*[event for event, _ in batch])
        wanted |= {at: subscriptions for at, (_, subscriptions) in zip(places, batch, strict=True)}
    outcome: dict[tuple[int, str], str] = {}
    for at, subscriptions in wanted.items():
        for subscription in subscriptions:
            for each in rng.choices(["", "retry", "delivered", "discard"], k=2):
                if each:
                    tried(ledger, at, subscription, each)
                    better = outcome.get((at, subscription)) == "delivered"
                    outcome[at, subscription] = "delivered" if better else each
    owed = set(rng.sample([*wanted], 30))
    ahead = {at for at in owed if rng.random() < 0.5}
    live_lane(ledger, 0, max(wanted) + 1, ahead=ahead, opened=sorted(owed - ahead))
    of_others = {at: them for at, them in wanted.items() if at not in owed}
    deliveries = [(at, each) for at, them in of_others.items() for each in them]
    done = [each for each in deliveries if outcome.get(each) == "delivered"]
    failed = [each for each in deliveries if outcome.get(each, "delivered") != "delivered"]
    for most in (1, 10, 5_000):
        found = await rehearsing(most=most)
        expected = len(of_others), len(deliveries) - len(done), len(done), len(owed)
        assert counts(found) == expected
        assert (await rehearsing(most=most, again=True)).deliveries == len(deliveries)
        assert (await rehearsing(most=most, only="failed")).deliveries == len(failed)


async def test_time_selects_by_when_events_were_received(
    recorded: Recorded, rehearsing: Rehearsing
) -> None:
    for n in range(6):
        recorded.clock.now = NOW + n * MINUTE
        await recorded.append(SIGNUP, SIGNUP)
    found = await rehearsing(since=NOW + MINUTE, until=NOW + 3 * MINUTE)
    assert (found.events, found.since, found.until) == (4, iso(NOW + MINUTE), iso(NOW + 3 * MINUTE))
    whole = await rehearsing()
    assert (whole.events, whole.since, whole.until) == (12, iso(NOW), iso(NOW + 5 * MINUTE))
    with pytest.raises(Refused, match=r"holds no event of that time; .* from .*Z to .*Z"):
        await rehearsing(since=NOW + 9 * MINUTE)


async def test_an_empty_log_has_nothing_to_replay(rehearsing: Rehearsing) -> None:
    with pytest.raises(Refused, match="holds no event of that time; it holds none at all"):
        await rehearsing()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"types": ["tracks"]}, "no events of type 'tracks'; there are identify, track"),
        ({"filter": "properties.total >"}, "the filter cannot be used: "),
        ({"rate": 0.0}, "a rate of 0 cannot be kept"),
        ({"rate": float("nan")}, "a rate of nan cannot be kept"),
        ({"rate": -1.0}, "a rate of -1 cannot be kept"),
    ],
)
def test_what_cannot_be_asked_is_refused(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(Refused, match=problem):
        replays.selection_of(Asked("hook", **given))


async def begun(desk: Desk, recorded: Recorded, **given: Any) -> tuple[str, dict[str, Any]]:
    asked = Asked("hook", **given)
    args = replays.args_of(asked, await replays.span_of(recorded.log, asked))
    return give(desk, "replay", args, connection="hook").id, args


async def test_a_replay_that_nobody_has_begun_is_pending_as_a_whole(
    desk: Desk, recorded: Recorded, ledger: MemoryLedger, published: Callable[[], Snapshot]
) -> None:
    places = await recorded.append(*[SIGNUP] * 4)
    replay, args = await begun(desk, recorded, types=["track"], rate=2.5, again=True)
    assert (args["start"], args["stop"]) == (places[0], places[-1] + 1)
    await recorded.append(*[SIGNUP] * 9)
    (found,) = await progress(recorded.log, ledger, published())
    assert (found.id, found.connection, found.source, found.state) == (
        replay,
        "hook",
        "website",
        "accepted",
    )
    assert (found.events, found.selected, found.pending, found.share) == (4, 0, 4, 0.0)
    assert (found.only, found.again, found.rate) == ("all", True, 2.5)


async def test_progress_is_counted_from_the_account_of_the_lane(
    desk: Desk, recorded: Recorded, ledger: MemoryLedger, published: Callable[[], Snapshot]
) -> None:
    places = await recorded.append(*[SIGNUP] * 20)
    await recorded.append(SIGNUP, source=2)
    replay, args = await begun(desk, recorded)
    (command,) = published().commands.values()
    lane = REPLAY_LANES + command.number
    row = LaneRow(lane, 1, "ws", 1, 1, "replay", replay, "held", "paused")
    place = PlaceRow(lane, 0, args["start"], 0, args["stop"], places[15], b"")
    tick = Tick(lanes=[row], places=[place])
    tick.opened = [OpenRow(lane, 0, places[9], (), ("sub",), "delivered")]
    tallied = {
        ("delivered", ""): 5,
        ("filtered", NOT_SELECTED): 2,
        ("filtered", STILL_OWED): 1,
        ("filtered", ALREADY): 3,
        ("filtered", "consent"): 1,
        ("dead_lettered", "http_400"): 1,
        ("suppressed", "erased"): 1,
    }
    for (cls, reason), n in tallied.items():
        tick.tally(lane, cls, reason, n)
    ledger.commit(tick)
    found = one(await progress(recorded.log, ledger, published()), replay)
    assert (found.state, found.reason, found.events) == ("held", "paused", 20)
    assert (found.delivered, found.already_delivered, found.filtered) == (5, 3, 1)
    assert (found.dead_lettered, found.discarded, found.left_to_live) == (1, 1, 1)
    assert (found.selected, found.pending, found.share) == (12, 6, 0.7)
    with pytest.raises(Refused, match="there is no replay rpl_nobody"):
        one([found], "rpl_nobody")


async def test_a_replay_that_was_cancelled_has_nothing_pending(
    desk: Desk, recorded: Recorded, ledger: MemoryLedger, published: Callable[[], Snapshot]
) -> None:
    places = await recorded.append(*[SIGNUP] * 4)
    replay, args = await begun(desk, recorded)
    (command,) = published().commands.values()
    lane = REPLAY_LANES + command.number
    row = LaneRow(lane, 1, "ws", 1, 1, "replay", replay, "ended", "cancelled")
    place = PlaceRow(lane, 0, args["start"], 0, args["stop"], Position(places[1]), b"")
    tick = Tick(lanes=[row], places=[place])
    tick.tally(lane, "delivered", "", 1)
    ledger.commit(tick)
    (found,) = await progress(recorded.log, ledger, published())
    assert (found.state, found.reason, found.pending, found.share) == (
        "ended",
        "cancelled",
        0,
        0.25,
    )
