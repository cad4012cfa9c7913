"""The live view of a source: what it shows, what it leaves out, and when it ends."""

from __future__ import annotations

import asyncio
import secrets
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from headgate.api.console import streams
from headgate.api.console.feed import Feed, Pace
from headgate.control.nouns import debugging
from headgate.log.port import Rejection, TallyBatch
from headgate.store.people import Members
from tests.harness.fixtures import tell
from tests.unit.api.console.flowing import EMAIL, Flowed, Flowing
from tests.unit.api.console.signed import give_only, user_of
from tests.unit.api.console.streaming import Flow, flowed

if TYPE_CHECKING:
    from pathlib import Path

QUICK = Pace(a_second=5, back=6, recheck=0.05, heartbeat=0.1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flowed:
    monkeypatch.setattr(streams.Streams.__init__, "__defaults__", (QUICK,))
    return Flowing(tmp_path).home


def live(home: Flowed) -> str:
    return f"/app/api/sources/{home.source.id}/live"


def names(flow: Flow) -> list[str]:
    return [each["name"] for each in flow.named("event")]


def test_events_are_shown_as_they_are_accepted(home: Flowed) -> None:
    theirs = home.all.elsewhere

    async def meanwhile(flow: Flow) -> None:
        await flow.until(lambda so_far: bool(so_far.told))
        first, *_ = await home.append({"event": "One"})
        await theirs.append({"event": "Theirs"})
        await home.append({"event": "Two"})
        await flow.until(lambda so_far: len(names(so_far)) == 2)
        assert next(each.id for each in flow.told if each.name == "event") == str(first)

    flow = flowed(home.browser, live(home), meanwhile)
    assert flow.headers["content-type"].startswith("text/event-stream")
    assert flow.headers["cache-control"] == "private, no-store"
    assert names(flow) == ["One", "Two"]
    assert flow.named("event")[0]["event"]["properties"]["email"] == EMAIL


def test_nothing_that_was_there_before_is_shown(home: Flowed) -> None:
    async def meanwhile(flow: Flow) -> None:
        await flow.until(lambda so_far: len(so_far.told) > 2)

    flow = flowed(home.browser, live(home), meanwhile)
    assert {each.name for each in flow.told} == {""}, "heartbeats alone"


def test_refused_events_are_shown_with_their_code(home: Flowed) -> None:
    sources = (home.all.elsewhere.source, home.source)

    async def meanwhile(flow: Flow) -> None:
        await flow.until(lambda so_far: bool(so_far.told))
        for source in sources:
            batch = TallyBatch((Rejection(source.number, "too_large", 3, ("32769 bytes",)),))
            await home.all.log.append(0, batch)
        await flow.until(lambda so_far: bool(so_far.named("refused")))

    (refused,) = flowed(home.browser, live(home), meanwhile).named("refused")
    assert (refused["code"], refused["count"]) == ("too_large", 3)


def test_whoever_comes_back_goes_on_behind_the_last_event(home: Flowed) -> None:
    async def all_of_it(flow: Flow) -> None:
        await flow.until(lambda so_far: len(names(so_far)) == 3)

    after = {"last-event-id": str(home.positions[0])}
    assert names(flowed(home.browser, live(home), all_of_it, after)) == [
        "Seen 0",
        "Seen 1",
        "Seen 2",
    ]
    asked = flowed(home.browser, live(home), all_of_it, after=str(home.positions[0]))
    assert len(names(asked)) == 3


def test_what_comes_too_fast_or_is_too_far_back_is_counted_instead(home: Flowed) -> None:
    seed = secrets.randbits(32)
    tell(f"seed {seed}")
    sizes = [Random(seed + n).randint(1, 9) for n in range(12)]  # noqa: S311 - a test

    def count(flow: Flow) -> int:
        left: int = sum(each["count"] for each in flow.named("left_out"))
        return len(flow.named("event")) + left

    async def meanwhile(flow: Flow) -> None:
        for size in sizes:
            await home.append(*({"event": "Many"} for _ in range(size)))
        await flow.until(lambda so_far: count(so_far) == sum(sizes) + 4)

    flow = flowed(home.browser, live(home), meanwhile, after="0")
    ids = [int(each.id) for each in flow.told if each.id]
    assert ids == sorted(ids)
    assert len(flow.named("event")) < sum(sizes), "the control: some were left out"
    assert count(flow) == sum(sizes) + 4


def test_a_view_ends_with_the_session(home: Flowed) -> None:
    async def meanwhile(flow: Flow) -> None:
        await asyncio.to_thread(home.ask, "DELETE", "/session")
        await flow.until(lambda so_far: so_far.is_over)

    flow = flowed(home.browser, live(home), meanwhile)
    assert flow.named("end") == [{"reason": "signed_out"}]


def test_a_view_ends_with_the_role_and_veils_what_the_role_did_not_let_see(home: Flowed) -> None:
    viewer = home.person("source_read_only", "pii_access")
    user = user_of(home.all.api, viewer.me().data["user"]["email"]).id

    async def meanwhile(flow: Flow) -> None:
        await home.append({"event": "Plain"})
        await flow.until(lambda so_far: len(names(so_far)) == 1)
        await asyncio.to_thread(give_only, home.all.api, user, "source_read_only")
        beats = len(flow.told)
        await flow.until(lambda so_far: len(so_far.told) > beats + 2)
        await home.append({"event": "Veiled"})
        await flow.until(lambda so_far: len(names(so_far)) == 2)
        await asyncio.to_thread(give_only, home.all.api, user, "function_admin")
        await flow.until(lambda so_far: so_far.is_over)

    flow = flowed(viewer, live(home), meanwhile)
    assert [each["is_veiled"] for each in flow.named("event")] == [False, True]
    assert EMAIL not in str(flow.named("event")[1])
    assert flow.named("end") == [{"reason": "not_allowed"}]


def test_a_view_ends_for_whoever_leaves_the_workspace(home: Flowed) -> None:
    viewer = home.person("owner")
    user = user_of(home.all.api, viewer.me().data["user"]["email"]).id

    def leave() -> None:
        with home.all.api.store.write() as transaction:
            Members(transaction, home.workspace).remove(user)

    async def meanwhile(flow: Flow) -> None:
        await asyncio.to_thread(leave)
        await flow.until(lambda so_far: so_far.is_over)

    assert flowed(viewer, live(home), meanwhile).named("end") == [{"reason": "signed_out"}]


def test_one_session_has_only_so_many_views(home: Flowed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_EACH", 1)
    other = home.person("owner")

    async def statuses(browser: Any) -> int:
        return (await asyncio.to_thread(flowed, browser, live(home), _begun)).status

    async def meanwhile(flow: Flow) -> None:
        await flow.until(lambda so_far: bool(so_far.told))
        assert await statuses(home.browser) == 429
        assert await statuses(other) == 200, "the control"

    flowed(home.browser, live(home), meanwhile)
    assert flowed(home.browser, live(home), _begun).status == 200, "one that ended leaves its place"


async def test_a_view_ends_when_the_process_does(home: Flowed) -> None:
    stopping = asyncio.Event()
    with home.all.api.control.read(home.all.api.operator()) as work:
        lens = debugging.lens(work, home.source.id)

    async def looks() -> debugging.Lens:
        return lens

    said: list[bytes] = []
    async for each in Feed(home.all.log, lens, looks, stopping.is_set, QUICK).begin(None):
        said.append(each)
        stopping.set()
    assert said[-1] == b'event: end\ndata: {"reason":"stopped"}\n\n'


async def _begun(flow: Flow) -> None:
    assert flow.status
