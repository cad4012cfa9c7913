from __future__ import annotations

import pytest

from headgate.deliver.claiming import DELETED
from headgate.deliver.owed import Delivery, Revival
from headgate.deliver.retry_policy import Next
from headgate.ledger.ranges import unpack
from headgate.log.port import Position, Stored, Verdict
from headgate.policy import DeliveryPolicy
from tests.unit.deliver.lanes import LANE, NOW, Ward, event, frame, live, names, record


@pytest.fixture
def ward() -> Ward:
    return Ward()


def wanted(deliveries: list[Delivery]) -> list[tuple[int, str]]:
    return [(delivery.position, delivery.subscription) for delivery in deliveries]


# claiming


def test_an_event_is_owed_to_every_subscription_that_wants_it(ward: Ward) -> None:
    sent = ward.read(names(0, "Paid", "Noise", "Seen", "Bought"))
    assert wanted(sent) == [(0, "most"), (0, "paid"), (2, "most"), (3, "paid")]


def test_what_nobody_wants_is_filtered_at_once(ward: Ward) -> None:
    ward.read(names(0, "Noise", "Noise"))
    assert ward.commit().cursor == 2
    assert ward.tallies == {("filtered", "no_matching_subscription"): 2}


def test_a_duplicate_is_passed_over_and_counts_nowhere(ward: Ward) -> None:
    twin = Stored(Position(0), Verdict.DUPLICATE, record("Paid"), None)
    assert ward.read(frame(twin, live(1))) != []
    ward.commit()
    assert ward.tallies == {}


@pytest.mark.parametrize("verdict", [Verdict.SUPPRESSED, Verdict.ERASED])
def test_what_privacy_took_away_is_suppressed(ward: Ward, verdict: Verdict) -> None:
    assert ward.read(frame(Stored(Position(0), verdict, None, None))) == []
    ward.commit()
    assert ward.tallies == {("suppressed", verdict.name.lower()): 1}


def test_an_event_whose_bytes_are_damaged_is_discarded_and_the_lane_goes_on(ward: Ward) -> None:
    damaged = Stored(Position(0), Verdict.LIVE, None, None)
    undecodable = Stored(Position(1), Verdict.LIVE, record("Paid", original=b"{"), None)
    assert wanted(ward.read(frame(damaged, undecodable, live(2)))) == [(2, "most")]
    ward.commit()
    assert ward.tallies == {("discarded", "damaged"): 1, ("discarded", "undecodable"): 1}


def test_claiming_stops_as_soon_as_something_is_to_be_sent(ward: Ward) -> None:
    ward.lane.enter(names(0, "Noise", "Seen", "Seen"))
    assert ward.lane.claim(100, ward.tick) == 2
    assert wanted(list(ward.lane.ready)) == [(1, "most")]
    assert ward.lane.frontier == 2


def test_claiming_stops_after_as_many_as_it_may_look_at(ward: Ward) -> None:
    ward.lane.enter(names(0, *["Noise"] * 10))
    assert ward.lane.claim(4, ward.tick) == 4
    assert ward.lane.frontier == 4
    assert ward.lane.is_inside


def test_a_lane_without_a_router_claims_nothing(ward: Ward) -> None:
    before = ward.lane.is_held, ward.lane.may_claim
    ward.lane.router = None
    assert (before, ward.lane.is_held, ward.lane.may_claim) == ((False, True), True, False)


def test_a_lane_claims_nothing_beyond_its_caps() -> None:
    ward = Ward(policy=DeliveryPolicy(unfinished_most=2, parked_most=1))
    first, second = ward.read(names(0, "Seen", "Seen"))
    may = [ward.lane.may_claim]
    ward.end(first)
    may.append(ward.lane.may_claim)
    ward.end(second, "parked")
    may.append(ward.lane.may_claim)
    assert may == [False, True, False]
    assert not ward.lane.unfinished


def test_passing_never_goes_back(ward: Ward) -> None:
    ward.lane.pass_to(50)
    ward.lane.pass_to(20)
    assert ward.lane.frontier == 50


# the cursor


def test_the_cursor_waits_for_the_first_event_that_is_not_finished(ward: Ward) -> None:
    sent = ward.read(names(0, "Seen", "Noise", "Seen", "Seen"))
    ward.end(sent[2])
    place = ward.commit()
    assert (place.cursor, unpack(place.cursor, place.done)) == (0, [(1, 2), (3, 4)])
    ward.end(sent[0])
    place = ward.commit()
    assert (place.cursor, unpack(place.cursor, place.done)) == (2, [(3, 4)])
    ward.end(sent[1])
    assert ward.commit()[5:7] == (4, b"")


def test_after_a_restart_what_was_finished_is_not_claimed_again(ward: Ward) -> None:
    read = names(0, "Seen", "Paid", "Noise", "Seen", "Seen")
    sent = ward.read(read)
    ward.end(sent[1])
    ward.end(sent[2])
    ward.end(sent[4])
    ward.commit()
    successor = ward.restarted()
    assert wanted(successor.read(read)) == [(0, "most"), (3, "most")]
    assert successor.commit() == ward.commit()
    assert successor.tallies == {
        ("filtered", "no_matching_subscription"): 1,
        ("delivered", ""): 2,
    }


def test_what_an_earlier_process_finished_ahead_stays_finished(ward: Ward) -> None:
    """A successor that has come less far writes its place, and must not forget the rest."""
    sent = ward.read(names(0, "Seen", "Seen"), names(10, "Seen", "Seen", "Seen"))
    ward.end(sent[3])
    ward.commit()
    successor = ward.restarted()
    (first, *_) = successor.read(names(0, "Seen", "Seen"))
    successor.end(first)
    place = successor.commit()
    # Between 2 and 10 nothing was ever appended, and the first process knew it.
    assert (place.cursor, unpack(place.cursor, place.done)) == (1, [(2, 10), (11, 12)])


# settling


def test_an_event_closes_when_its_last_delivery_ends(ward: Ward) -> None:
    most, paid = ward.read(names(0, "Paid"))
    ward.end(most)
    ward.commit()
    (opened,) = ward.ledger.held().opened
    assert (opened.done_subscriptions, opened.left) == (("most",), ("paid",))
    assert ward.tallies == {}
    ward.end(paid)
    ward.commit()
    assert ward.ledger.held().opened == []
    assert ward.tallies == {("delivered", ""): 1}


def test_what_ends_in_one_tick_is_never_opened(ward: Ward) -> None:
    for delivery in ward.read(names(0, "Paid")):
        ward.end(delivery)
    ward.commit()
    assert ward.ledger.held().opened == []
    assert ward.tallies == {("delivered", ""): 1}


@pytest.mark.parametrize(
    ("first", "second", "closed"),
    [
        ("delivered", "dead_lettered", ("dead_lettered", "second")),
        ("dead_lettered", "delivered", ("dead_lettered", "first")),
        ("delivered", "discarded", ("discarded", "second")),
        ("discarded", "dead_lettered", ("dead_lettered", "second")),
        ("dead_lettered", "discarded", ("dead_lettered", "first")),
        ("dead_lettered", "dead_lettered", ("dead_lettered", "first")),
    ],
)
@pytest.mark.parametrize("restart", [False, True])
def test_an_event_closes_as_the_worst_of_its_deliveries(
    ward: Ward, first: str, second: str, closed: tuple[str, str], *, restart: bool
) -> None:
    """After a restart the reason was lost, and its tally stood under no reason."""
    most, paid = ward.read(names(0, "Paid"))
    ward.end(most, first, "first" if first != "delivered" else "")
    ward.commit()
    successor = ward.restarted() if restart else ward
    paid.lane = successor.lane
    successor.end(paid, second, "second" if second != "delivered" else "")
    successor.commit()
    assert successor.tallies == {closed: 1}


def test_a_parked_delivery_opens_its_event_and_waits_in_a_row(ward: Ward) -> None:
    (delivery,) = ward.read(names(3, "Seen"))
    delivery.first_at = NOW - 500
    ward.end(delivery, "parked", "http_503")
    place = ward.commit()
    (row,) = ward.ledger.held().parked
    assert (row.position, row.subscription, row.order_key) == (3, "most", "ann")
    assert (row.due_at, row.first_at, row.tries) == (NOW + 2000, NOW - 500, 1)
    assert (row.last_status, row.reason) == (503, "http_503")
    assert ward.ledger.held().opened[0].left == ("most",)
    assert place.cursor == 4
    assert ward.lane.parked == 1


def test_a_delivery_that_ends_after_waiting_takes_its_row_away(ward: Ward) -> None:
    (delivery,) = ward.read(names(0, "Seen"))
    ward.end(delivery, "parked")
    ward.commit()
    delivery.is_parked, delivery.tries = True, 1
    ward.end(delivery, "parked")
    ward.commit()
    assert [row.tries for row in ward.ledger.held().parked] == [2]
    assert ward.lane.parked == 1
    ward.end(delivery)
    ward.commit()
    assert ward.ledger.held().parked == []
    assert ward.ledger.held().opened == []
    assert ward.lane.parked == 0
    assert ward.tallies == {("delivered", ""): 1}


def test_a_dead_letter_has_what_is_needed_to_send_it_again(ward: Ward) -> None:
    (delivery,) = ward.read(names(9, "Seen"))
    ward.end(delivery, "dead_lettered", "http_400")
    ward.commit()
    (row,) = ward.ledger.dead_letters(LANE, 9)
    assert (row.subscription, row.message_id, row.source) == ("most", "Seen-id", ward.lane.source)
    assert (row.reason, row.status, row.tries, row.at) == ("http_400", 503, 1, NOW)


# restarts


def test_after_a_restart_open_deliveries_that_are_not_parked_are_sent_again(ward: Ward) -> None:
    most, _ = ward.read(names(0, "Paid"))
    ward.end(most)
    ward.commit()
    successor = ward.restarted()
    assert list(successor.lane.due) == [Revival(0, "paid", 0, 0, is_parked=False)]
    assert successor.read(names(0, "Paid")) == []


def test_after_a_restart_parked_deliveries_wait_on(ward: Ward) -> None:
    most, paid = ward.read(names(0, "Paid"))
    ward.end(most, "parked")
    ward.end(paid, "parked")
    ward.commit()
    successor = ward.restarted()
    assert list(successor.lane.due) == []
    assert successor.lane.parked == 2
    revived = Delivery(successor.lane, event(0, "Paid"), "most")
    revived.is_parked = True
    successor.end(revived)
    successor.commit()
    assert [row.subscription for row in successor.ledger.held().parked] == ["paid"]


# the end of a connection


def test_a_deleted_connection_discards_what_is_ahead(ward: Ward) -> None:
    ward.lane.router, ward.lane.ends_at = None, 3
    assert ward.lane.may_claim
    assert ward.read(names(0, "Seen", "Noise", "Paid")) == []
    assert ward.lane.is_over()
    ward.commit()
    assert ward.tallies == {("discarded", DELETED): 3}


def test_a_deleted_connection_is_not_over_while_something_is_under_way(ward: Ward) -> None:
    most, paid = ward.read(names(0, "Paid"))
    ward.lane.router, ward.lane.ends_at = None, 1
    assert not ward.lane.is_over()
    ward.end(most)
    assert not ward.lane.is_over()
    ward.end(paid)
    assert ward.lane.is_over()


def test_a_deleted_connection_waits_for_no_other_attempt(ward: Ward) -> None:
    """Its lane stayed for hours, until the last retry was due."""
    (delivery,) = ward.read(names(0, "Seen"))
    ward.lane.router, ward.lane.ends_at = None, 1
    step = ward.end(delivery, "parked", "http_503")
    assert (step.step, step.reason) == ("discarded", DELETED)
    ward.commit()
    assert ward.ledger.held().parked == []
    assert ward.tallies == {("discarded", DELETED): 1}
    assert ward.lane.is_over()


def test_a_delivery_can_end_without_an_attempt(ward: Ward) -> None:
    most, paid = ward.read(names(0, "Paid"))
    ward.end(most)
    owed = ward.lane.owed(0)
    removed = Next("discarded", "subscription_removed", 0)
    ward.lane.end(owed, paid.subscription, removed, ward.tick, is_parked=False)
    ward.commit()
    assert ward.tallies == {("discarded", "subscription_removed"): 1}
