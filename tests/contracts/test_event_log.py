from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.log.errors import Fenced, Trimmed, Unavailable, Unsupported
from headgate.log.port import (
    Counts,
    FrameKind,
    Position,
    Record,
    Rejection,
    Subjects,
    TallyBatch,
    Verdict,
)
from tests.contracts.event_logs import (
    SMALL,
    Bench,
    Met,
    all_met,
    frames_of,
    met,
    opened,
    send,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KINDS = ["memory", "segments", "simulated"]
LIVE, DUPLICATE = Verdict.LIVE, Verdict.DUPLICATE


@pytest_asyncio.fixture(params=KINDS)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened(request.param, tmp_path) as bench:
        yield bench


async def test_an_append_tells_where_each_event_went_and_what_it_is(bench: Bench) -> None:
    first = await send(bench, (1, "a"), (1, "b"))
    second = await send(bench, (1, "c"), (1, "a"))
    assert (first.partition, first.verdicts) == (0, bytes([LIVE, LIVE]))
    assert second.verdicts == bytes([LIVE, DUPLICATE])
    assert await all_met(bench.log) == [
        Met(first.first, 1, "a", LIVE),
        Met(first.first + 1, 1, "b", LIVE),
        Met(second.first, 1, "c", LIVE),
        Met(second.first + 1, 1, "a", DUPLICATE),
    ]


async def test_appends_at_the_same_time_keep_the_order_of_their_calls(bench: Bench) -> None:
    answers = await asyncio.gather(*(send(bench, (1, f"{n}"), (1, f"{n}'")) for n in range(20)))
    firsts = [answer.first for answer in answers]
    assert firsts == sorted(firsts)
    names = [event.message_id for event in await all_met(bench.log)]
    assert names == [name for n in range(20) for name in (f"{n}", f"{n}'")]


async def test_positions_grow_and_are_never_used_twice(bench: Bench) -> None:
    for n in range(12):
        await send(bench, (1, f"{n}"), (2, f"{n}"))
        bench.clock.now += 700
    positions = [event.position for event in await all_met(bench.log)]
    assert len(set(positions)) == 24
    assert positions == sorted(positions)
    assert (await bench.log.heads())[0] == positions[-1] + 1


async def test_an_empty_log_has_its_head_and_floor_at_nothing(bench: Bench) -> None:
    assert await bench.log.heads() == {0: 0}
    assert await bench.log.floors() == {0: 0}
    assert await all_met(bench.log) == []
    assert await bench.log.count(1, 0, Position(0), Position(1 << 62)) == Counts(0, 0)
    assert await bench.log.find("a") == []


async def sent_with_gaps(bench: Bench) -> list[Met]:
    """Five frames in several segments, with gaps between these."""
    await send(bench, (1, "a"), (1, "b"), (2, "c"))
    await send(bench, (2, "d"), (2, "e"))
    bench.clock.now += 5_000
    await send(bench, (1, "f"), (1, "g"), (1, "h"), (1, "i"), (1, "j"))
    bench.clock.now += 5_000
    await send(bench, (3, "k"))
    await send(bench, (1, "l"), (3, "m"))
    return await all_met(bench.log)


def places_around(events: list[Met]) -> list[int]:
    """Every position, the ones beside it, and far below and above all of them."""
    near = {event.position + step for event in events for step in (-1, 0, 1)}
    return sorted({0, *near, events[-1].position + (1 << 40)})


async def test_the_log_is_read_from_anywhere_to_anywhere(bench: Bench) -> None:
    events = await sent_with_gaps(bench)
    frames = await frames_of(bench.log)
    assert len(frames) == 5
    for start in places_around(events):
        for stop in [None, *places_around(events)]:
            read = await frames_of(bench.log, start, stop)
            expected = [f for f in frames if f.next > start and (stop is None or f.first < stop)]
            assert [frame.first for frame in read] == [frame.first for frame in expected]


async def test_frames_that_hold_nothing_of_the_wanted_sources_are_passed_over(
    bench: Bench,
) -> None:
    await sent_with_gaps(bench)
    wanted = frozenset({2, 3})
    frames = [frame async for frame in bench.log.read(0, Position(0), sources=wanted)]
    assert [dict(frame.counts) for frame in frames] == [{1: 2, 2: 1}, {2: 2}, {3: 1}, {1: 1, 3: 1}]
    assert [event.message_id for event in met(frames, wanted)] == ["c", "d", "e", "k", "m"]


async def test_a_follower_gets_each_append_and_ends_at_its_stop(bench: Bench) -> None:
    await send(bench, (1, "a"))
    stop = Position((await bench.log.heads())[0] + (1 << 45))
    got: asyncio.Queue[tuple[list[Met], int]] = asyncio.Queue()

    async def follow() -> None:
        async for frame in bench.log.read(0, Position(0), stop=stop, follow=True):
            head = (await bench.log.heads())[0]
            await got.put((met([frame]), head))

    follower = asyncio.ensure_future(follow())
    for name in "bcdefghij":
        events, head = await asyncio.wait_for(got.get(), 5)
        assert all(event.position < head for event in events)
        await send(bench, (1, name))
    await asyncio.wait_for(got.get(), 5)
    bench.clock.now += 60_000_000
    await send(bench, *((1, f"far {n}") for n in range(SMALL.events)))
    await send(bench, (1, "beyond the stop"))
    await asyncio.wait_for(follower, 5)


async def test_many_followers_are_all_woken(bench: Bench) -> None:
    async def first_of_another() -> str:
        async for frame in bench.log.read(0, Position(0), follow=True):
            return met([frame])[0].message_id
        return "nothing"

    followers = [asyncio.ensure_future(first_of_another()) for _ in range(50)]
    await asyncio.sleep(0.01)
    assert not any(follower.done() for follower in followers)
    await send(bench, (1, "a"))
    assert await asyncio.wait_for(asyncio.gather(*followers), 5) == ["a"] * 50


async def test_copies_are_duplicates_within_a_batch_and_across_batches(bench: Bench) -> None:
    assert (await send(bench, (1, "a"), (1, "a"), (1, "b"))).verdicts == b"\0\1\0"
    for n in range(12):
        assert (await send(bench, (1, "a"), (1, f"{n}"), (1, "b"))).verdicts == b"\1\0\1"


async def test_the_same_message_in_two_sources_is_no_duplicate(bench: Bench) -> None:
    assert (await send(bench, (1, "a"), (2, "a"), (3, "a"))).verdicts == b"\0\0\0"
    assert (await send(bench, (2, "a"), (4, "a"))).verdicts == b"\1\0"


async def test_of_copies_appended_at_the_same_time_exactly_one_is_live(bench: Bench) -> None:
    answers = await asyncio.gather(*(send(bench, (1, "a"), (1, f"{n}")) for n in range(9)))
    assert sorted(answer.verdicts[0] for answer in answers) == [LIVE] + [DUPLICATE] * 8
    assert answers[0].verdicts[0] == LIVE


async def test_a_refused_append_leaves_nothing_and_may_be_tried_again(bench: Bench) -> None:
    await send(bench, (1, "a"))
    bench.refuse_next()
    with pytest.raises(Unavailable) as refused:
        await send(bench, (1, "b"), (1, "a"))
    assert refused.value.retry_after >= 1
    assert [event.message_id for event in await all_met(bench.log)] == ["a"]
    assert await bench.log.count(1, 0, Position(0), Position(1 << 62)) == Counts(1, 0)
    assert await bench.log.find("b") == []
    assert (await send(bench, (1, "b"), (1, "a"))).verdicts == bytes([LIVE, DUPLICATE])
    assert [event.message_id for event in await all_met(bench.log)] == ["a", "b", "a"]
    assert len(await bench.log.find("b")) == 1


Batches = list[list[tuple[int, str]]]
SOME_BATCHES = st.lists(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from("abcdefgh")), min_size=1, max_size=6),
    min_size=1,
    max_size=8,
)


async def check_counts(kind: str, folder: Path, batches: Batches) -> None:
    async with opened(kind, folder) as bench:
        for batch in batches:
            await send(bench, *batch)
            bench.clock.now += 600
        events = await all_met(bench.log)
        places = places_around(events)
        for start in places:
            for stop in [place for place in places if place >= start]:
                for source in (1, 2, 3):
                    verdicts = [
                        event.verdict
                        for event in events
                        if event.source == source and start <= event.position < stop
                    ]
                    expected = Counts(verdicts.count(LIVE), verdicts.count(DUPLICATE))
                    span = Position(start), Position(stop)
                    assert await bench.log.count(source, 0, *span) == expected


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(batches=SOME_BATCHES)
def test_a_count_is_what_reading_the_same_span_counts(kind: str, batches: Batches) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(check_counts(kind, Path(folder), batches))


async def test_every_copy_of_a_message_is_found_in_the_order_of_the_log(bench: Bench) -> None:
    sent_at = bench.clock.now
    await send(bench, (1, "a"), (1, "b"), (1, "a"))
    await send(bench, (2, "c"))
    bench.clock.now += 2_000
    await send(bench, (1, "d"), (2, "a"), (1, "a"))
    found = await bench.log.find("a")
    assert [(at.source, at.verdict) for at in found] == [
        (1, LIVE),
        (1, DUPLICATE),
        (2, LIVE),
        (1, DUPLICATE),
    ]
    assert [at.received_at - sent_at for at in found] == [0, 0, 2_000, 2_000]
    assert [at.stored.record.message_id for at in found if at.stored and at.stored.record] == [
        "a"
    ] * 4
    assert [at.position for at in found] == [
        event.position for event in await all_met(bench.log) if event.message_id == "a"
    ]
    assert await bench.log.find("e") == []


async def test_a_time_leads_to_the_first_place_appended_since(bench: Bench) -> None:
    start = bench.clock.now
    answers = []
    for n in range(8):
        bench.clock.now = start + 1_000 * n
        answers.append(await send(bench, (1, f"{n}a"), (1, f"{n}b")))
    for n, answer in enumerate(answers):
        assert await bench.log.at(start + 1_000 * n) == {0: answer.first}
        assert await bench.log.at(start + 1_000 * n - 999) == {0: answer.first}
    assert await bench.log.at(start + 7_001) == await bench.log.heads()


async def test_what_lies_below_the_floor_is_not_read_in_silence(bench: Bench) -> None:
    events = await sent_with_gaps(bench)
    floor = Position(events[4].position + 1)
    await bench.log.raise_floor({0: floor})
    await bench.log.trim({0: floor})
    for start in (0, events[0].position, floor - 1):
        with pytest.raises(Trimmed) as trimmed:
            await frames_of(bench.log, start)
        assert trimmed.value.floor == floor
    assert [event.message_id for event in met(await frames_of(bench.log, floor))] == [*"fghijklm"]
    assert await bench.log.count(1, 0, Position(0), (await bench.log.heads())[0]) == Counts(8, 0)


async def test_a_frame_is_found_by_any_position_in_it_and_nothing_in_a_gap(bench: Bench) -> None:
    events = await sent_with_gaps(bench)
    for event in events:
        frame = await bench.log.frame_at(0, Position(event.position))
        assert frame is not None
        assert frame.first <= event.position < frame.next
        assert event.position in [stored.position for stored in frame.events()]
    assert await bench.log.frame_at(0, (await bench.log.heads())[0]) is None
    assert await bench.log.frame_at(0, Position(events[0].position - 1)) is None


async def test_what_a_lane_still_owes_can_be_copied_from_below_the_floor(bench: Bench) -> None:
    """It was not: a parked event lost its record when retention announced the floor."""
    events = await sent_with_gaps(bench)
    await bench.log.raise_floor({0: Position(events[4].position + 1)})
    for event in events[:5]:
        frame = await bench.log.frame_at(0, Position(event.position))
        assert frame is not None
        kept = [stored for stored in frame.events() if stored.position == event.position]
        assert [stored.record.message_id for stored in kept if stored.record] == [event.message_id]


async def test_the_floor_never_sinks(bench: Bench) -> None:
    events = await sent_with_gaps(bench)
    for index in (4, 2):
        await bench.log.raise_floor({0: Position(events[index].position)})
    assert await bench.log.floors() == {0: events[4].position}


async def test_rejections_keep_their_counts_and_samples_and_take_one_position(
    bench: Bench,
) -> None:
    rejections = (Rejection(1, "type_unknown", 3, ("a", "b")), Rejection(2, "too_large", 1))
    before = await send(bench, (1, "a"))
    tally = await bench.log.append(0, TallyBatch(rejections))
    after = await send(bench, (1, "b"))
    assert (tally.first, tally.verdicts) == (before.first + 1, b"")
    assert after.first == tally.first + 1
    frames = await frames_of(bench.log)
    assert [frame.kind for frame in frames] == [
        FrameKind.EVENTS,
        FrameKind.TALLY,
        FrameKind.EVENTS,
    ]
    assert tuple(frames[1].rejections()) == rejections
    assert not frames[1].events()
    assert not frames[0].rejections()
    wanted = frozenset({1, 2})
    read = [frame async for frame in bench.log.read(0, Position(0), sources=wanted)]
    assert [frame.kind for frame in read] == [FrameKind.EVENTS, FrameKind.EVENTS]


async def test_a_frame_tells_the_events_of_each_source_apart(bench: Bench) -> None:
    await send(bench, (1, "a"), (7, "b"), (1, "a"), (9, "b"), (7, "c"), (7, "c"))
    (frame,) = await frames_of(bench.log)
    assert dict(frame.counts) == {1: 1, 7: 2, 9: 1}
    assert frame.size > 0
    assert [(event.source, event.message_id) for event in met([frame], frozenset({7, 9}))] == [
        (7, "b"),
        (9, "b"),
        (7, "c"),
        (7, "c"),
    ]
    assert list(frame.events(frozenset({2}))) == []


async def test_a_record_comes_back_as_it_was_with_its_batch_defaults(bench: Bench) -> None:
    await send(bench, (1, "a"), defaults=(b'{"context":{}}',))
    await send(bench, (1, "b"))
    first, second = [stored for frame in await frames_of(bench.log) for stored in frame.events()]
    assert first.defaults == b'{"context":{}}'
    assert second.defaults is None
    assert second.record == Record(
        1, bench.clock.now, "b", "track", "ann", None, 0, None, -1, b'{"messageId":"b"}'
    )


async def test_what_a_frame_has_forgotten_it_decodes_again(bench: Bench) -> None:
    await send(bench, (1, "a"), (1, "b"))
    (frame,) = await frames_of(bench.log)
    before = list(frame.events())
    frame.forget()
    assert list(frame.events()) == before


async def test_a_closed_log_takes_nothing_more(bench: Bench) -> None:
    await send(bench, (1, "a"))
    await bench.log.close()
    with pytest.raises(Fenced):
        await send(bench, (1, "b"))


async def test_erasing_is_refused_until_it_can_be_done(bench: Bench) -> None:
    with pytest.raises(Unsupported):
        await bench.log.erase(Subjects(frozenset({1}), frozenset({"ann"})))
