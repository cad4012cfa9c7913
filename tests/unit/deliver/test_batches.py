from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.deliver.batches import Batches, Fits, audience_of, chain_of, fits, halved
from headgate.deliver.events import Event
from headgate.deliver.owed import Delivery
from headgate.kit.destination.action import Batch as Batched
from tests.unit.deliver.lanes import record

if TYPE_CHECKING:
    from headgate.deliver.batches import Batch
    from headgate.deliver.lane import Lane

ANY = Fits(("all", b""), 3, 1000)
OTHER = Fits(("all", b"other"), 3, 1000)
ON = {"enable_batching": True}


def delivery(position: int, size: int = 10) -> Delivery:
    event = Event(position, record("Seen", original=b"x" * size), None, "source-id")
    return Delivery(cast("Lane", None), event, "all")


def batched(**limits: Any) -> Batched[Any, Any]:
    return Batched(perform=cast("Any", None), **limits)


def ready(batches: Batches) -> list[list[int]]:
    """The positions of all batches that may be sent, in order."""
    taken = []
    while batches.is_ready:
        taken.append([each.position for each in batches.take()])
    return taken


def filled(*groups: tuple[Fits, int], now: float = 0.0) -> Batches:
    """Batches to which deliveries of these kinds were put, with positions from 0 on."""
    batches, position = Batches(), 0
    for kind, count in groups:
        for _ in range(count):
            batches.add(delivery(position), kind, now)
            position += 1
    return batches


# what may travel together


@pytest.mark.parametrize(
    "values", [{}, {"enable_batching": False}, {"enable_batching": "no"}, [], 7]
)
def test_a_mapping_that_does_not_ask_for_batches_gets_none(values: Any) -> None:
    assert fits(batched(), "all", values, None) is None


@pytest.mark.parametrize("value", [True, "true"])
def test_a_mapping_asks_for_batches_as_at_segment(value: Any) -> None:
    assert fits(batched(), "all", {"enable_batching": value}, None) is not None


def test_only_the_same_values_of_the_batch_keys_travel_together() -> None:
    action = batched(keys=("url",))
    values = [ON | {"url": url, "data": data} for url, data in [("a", 1), ("a", 2), ("b", 1)]]
    one, two, three = (fits(action, "all", each, None) for each in values)
    assert one == two
    assert one != three
    assert one != fits(action, "paid", values[0], None)


def test_a_subscription_may_name_its_own_batch_keys() -> None:
    action = batched(keys=("url",))
    one = fits(action, "all", ON | {"url": "a", "team": 1, "batch_keys": ["team"]}, None)
    two = fits(action, "all", ON | {"url": "b", "team": 1, "batch_keys": ["team"]}, None)
    assert one == two


def test_audiences_travel_apart() -> None:
    assert fits(batched(), "all", ON, ["one"]) != fits(batched(), "all", ON, ["two"])


def test_a_batch_key_that_cannot_be_told_apart_breaks_nothing() -> None:
    """Half of a surrogate pair, as string functions of a mapping make them, ended the process."""
    action = batched(keys=("url",))
    half = fits(action, "all", ON | {"url": "\ud800"}, None)
    assert half != fits(action, "all", ON | {"url": "a"}, None)


@pytest.mark.parametrize(
    ("given", "events"),
    [(None, 100), (5, 5), (5.9, 5), (5000, 200), (0, 100), (-1, 100), ("5", 100), (True, 100)],
)
def test_a_size_is_what_the_mapping_says_within_what_the_action_takes(
    given: Any, events: int
) -> None:
    fitting = fits(batched(size=100, up_to=200), "all", ON | {"batch_size": given}, None)
    assert fitting is not None
    assert fitting.events == events


@pytest.mark.parametrize(
    ("given", "most"), [(None, 1000), (10, 10), (5000, 1000), (float("nan"), 1000)]
)
def test_bytes_are_what_the_mapping_says_within_what_the_action_takes(
    given: Any, most: int
) -> None:
    fitting = fits(batched(up_to_bytes=1000), "all", ON | {"batch_bytes": given}, None)
    assert fitting is not None
    assert fitting.bytes == most


def test_an_audience_is_told_by_what_personas_say_of_it() -> None:
    personas = {"computation_key": "vip", "audience_settings": {"a": 1}, "other": 2}
    assert audience_of({"context": {"personas": personas}}) == ["vip", {"a": 1}, None]
    assert audience_of({"context": {"personas": "odd"}}) is None
    assert audience_of({"context": 7}) is None
    assert audience_of({}) is None


# filling up


def test_a_group_that_is_full_becomes_a_batch() -> None:
    batches = filled((ANY, 2))
    assert not batches.is_ready
    batches.add(delivery(2), ANY, 0.0)
    assert ready(batches) == [[0, 1, 2]]


def test_groups_fill_up_beside_each_other() -> None:
    assert ready(filled((ANY, 2), (OTHER, 3), (ANY, 1))) == [[2, 3, 4], [0, 1, 5]]


def test_an_event_that_does_not_fit_in_any_more_begins_the_next_group() -> None:
    batches = Batches()
    for position in range(4):
        batches.add(delivery(position, 400), ANY, 0.0)
    assert ready(batches) == [[0, 1]]
    assert batches.waiting == 2


def test_an_event_that_is_larger_than_any_batch_travels_alone() -> None:
    batches = filled((ANY, 1))
    batches.add(delivery(1, 5000), ANY, 0.0)
    batches.add(delivery(2), ANY, 0.0)
    assert ready(batches) == [[0], [1]]


def test_a_group_ripens_with_the_age_of_its_first_event() -> None:
    batches = filled((ANY, 1))
    batches.add(delivery(1), ANY, 0.9)
    batches.add(delivery(2), OTHER, 0.5)
    batches.ripen(0.99, 1.0)
    assert (ready(batches), batches.oldest) == ([], 0.0)
    batches.ripen(1.0, 1.0)
    assert (ready(batches), batches.oldest) == ([[0, 1]], 0.5)
    batches.ripen(1.5, 1.0)
    assert (ready(batches), batches.oldest) == ([[2]], None)


def test_what_waits_is_counted_until_it_is_taken() -> None:
    batches = filled((ANY, 3), (OTHER, 1))
    counts = [batches.waiting]
    taken = batches.take()
    counts.append(batches.waiting)
    batches.put_first(taken)
    counts.append(batches.waiting)
    assert [each.position for each in batches.empty()] == [0, 1, 2, 3]
    assert [*counts, batches.waiting] == [4, 1, 4, 0]
    assert not batches.is_ready


def test_what_comes_back_goes_before_the_others() -> None:
    batches = filled((ANY, 6))
    first = batches.take()
    batches.put_first(first)
    assert ready(batches) == [[0, 1, 2], [3, 4, 5]]


# in two


def taken(count: int) -> Batch:
    batches = filled((Fits(("all", b""), count, 1 << 20), count))
    return batches.take()


def chained(batch: Batch) -> list[list[int]]:
    return [[each.position for each in link] for link in chain_of(batch)]


def test_a_refused_batch_goes_on_as_its_halves_one_after_the_other() -> None:
    assert chained(halved(taken(5))) == [[0, 1, 2], [3, 4]]


def test_halves_of_a_half_go_before_the_other_half() -> None:
    first = halved(taken(8))
    assert chained(halved(first)) == [[0, 1], [2, 3], [4, 5, 6, 7]]


def test_what_would_have_followed_is_given_up_with_the_batch() -> None:
    """A lane that ends asks for everything that waits, also for the half behind a half."""
    batches = Batches()
    batches.put_first(halved(taken(5)))
    assert [each.position for each in batches.empty()] == [0, 1, 2, 3, 4]
    assert batches.waiting == 0


@given(st.integers(2, 200), st.sets(st.integers(0, 199)))
def test_halving_finds_everybody_at_fault_and_nobody_else(count: int, faulty: set[int]) -> None:
    refused, accepted = [], []
    batch: Batch | None = taken(count)
    while batch is not None:
        positions = [each.position for each in batch]
        if not faulty.intersection(positions):
            accepted += positions
            batch = batch.then
        elif len(batch) == 1:
            refused += positions
            batch = batch.then
        else:
            batch = halved(batch)
    assert refused == sorted(faulty.intersection(range(count)))
    assert sorted(accepted + refused) == list(range(count))
    assert accepted == sorted(accepted)


# whatever comes

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 2), st.integers(1, 60)),
        st.tuples(st.just("ripen"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("take"), st.just(0), st.just(0)),
    ),
    max_size=120,
)


@given(STEPS, st.integers(1, 5), st.integers(1, 100))
def test_limits_hold_order_is_kept_and_nothing_is_lost_or_sent_twice(
    steps: list[tuple[str, int, int]], events: int, most: int
) -> None:
    kinds = [Fits(("all", bytes([key])), events, most) for key in range(3)]
    batches, now, added = Batches(), 0.0, 0
    of_kind: dict[int, int] = {}
    sizes: dict[int, int] = {}
    sent: list[list[int]] = []
    for step, n, size in steps:
        if step == "add":
            of_kind[added], sizes[added] = n, size
            batches.add(delivery(added, size), kinds[n], now)
            added += 1
        elif step == "ripen":
            now += n / 2
            batches.ripen(now, 1.0)
        elif batches.is_ready:
            sent.append([each.position for each in batches.take()])
    batches.ripen(now + 1.0, 1.0)
    sent += ready(batches)
    assert (batches.waiting, batches.oldest) == (0, None)
    assert all(0 < len(each) <= events for each in sent)
    assert all(len(each) == 1 or sum(sizes[one] for one in each) <= most for each in sent)
    assert all(len({of_kind[one] for one in each}) == 1 for each in sent)
    for kind in range(3):
        in_order = [one for each in sent for one in each if of_kind[one] == kind]
        assert in_order == [one for one in range(added) if of_kind[one] == kind]
