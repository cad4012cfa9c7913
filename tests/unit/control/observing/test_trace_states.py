"""Where a message stands at each lane, and why: every state that a trace knows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from headgate.clock import iso
from headgate.ledger.memory import MemoryLedger
from headgate.ledger.port import OpenRow, Switch, Tick
from headgate.log.port import Found, Position, Stored, Verdict
from headgate.route import CODE_VERSION
from headgate.store.snapshot import Connection
from tests.simulation.setting import ready
from tests.unit.control.traced import (
    AHEAD,
    AT,
    CONNECTION,
    END,
    LIVE,
    MOST,
    attempt,
    configured,
    lane,
    ledger,
    letter,
    opened,
    parked,
    place,
    tallied,
    traced,
    way,
    without,
)
from tests.unit.deliver.lanes import JOINED, NOW, SOURCE, live, record

CLAIMED = place(cursor=AT, done=((AT + 1, END),))
HELD, PAUSED = lane(state="held", reason="disabled"), lane(state="paused", reason="auth_failed")

STATES: dict[str, tuple[MemoryLedger, tuple[str, str]]] = {
    "ahead": (ledger(at=AHEAD), ("pending", "ahead")),
    "claimed": (ledger(at=CLAIMED), ("pending", "under_way")),
    "tried and not settled": (
        ledger(Tick(attempts=[attempt(413)]), at=AHEAD),
        ("pending", "under_way"),
    ),
    "open": (ledger(Tick(opened=[opened()])), ("pending", "under_way")),
    "held": (ledger(at=AHEAD, state=HELD), ("pending", "held: disabled")),
    "paused": (ledger(at=CLAIMED, state=PAUSED), ("pending", "paused: auth_failed")),
    "behind another": (
        ledger(Tick(opened=[opened()], parked=[parked("waits_for_order")])),
        ("pending", "waits_for_order"),
    ),
    "parked": (ledger(Tick(opened=[opened()], parked=[parked()])), ("parked", "http_503")),
    "given up": (ledger(Tick(dead=[letter()])), ("dead_lettered", "http_400")),
    "delivered": (ledger(Tick(attempts=[attempt()])), ("delivered", "")),
    "expired": (ledger(tallied("discarded", "expired")), ("discarded", "expired")),
    "one of two": (
        ledger(tallied("discarded", "expired", "skipped")),
        ("discarded", "expired or skipped"),
    ),
    "nothing of it": (ledger(), ("unknown", "")),
}


@pytest.mark.parametrize("name", STATES)
async def test_a_state_says_why(name: str) -> None:
    of, expected = STATES[name]
    found = await way(of)
    assert (found.state, found.reason) == expected
    assert (found.decision, found.subscription) == ("send", MOST)
    assert found.next_attempt == (iso(NOW + 2000) if name == "parked" else None)


@pytest.mark.parametrize("ordering", ["per_user", "strict", "none"])
async def test_who_has_an_earlier_event_of_its_user_parked_in_front_waits_for_order(
    ordering: str,
) -> None:
    earlier, now = parked()._replace(position=AT - 1), configured(ordering=ordering)
    row = OpenRow(LIVE, 0, AT - 1, (), (MOST,), "delivered")
    front = Tick(opened=[row], parked=[earlier])
    found = await way(ledger(front, at=AHEAD), now=now)
    waits = ordering != "none"
    assert (found.state, found.reason) == ("pending", "waits_for_order" if waits else "ahead")
    assert (f"behind the event at {AT - 1}" in (found.note or "")) is waits
    assert found.next_attempt is None
    stranger = Tick(opened=[row], parked=[earlier._replace(order_key="bob")])
    assert (await way(ledger(stranger, at=AHEAD), now=now)).reason == "ahead"
    of = ledger(front, Tick(attempts=[attempt(503)]), at=AHEAD)
    assert (await way(of, now=now)).reason == "under_way", "it has passed the other one"


async def test_nothing_is_tried_next_while_the_lane_is_paused() -> None:
    of = ledger(Tick(opened=[opened()], parked=[parked()]), state=PAUSED)
    found = await way(of)
    assert (found.state, found.next_attempt) == ("parked", None)
    assert found.note == "nothing is sent meanwhile: paused: auth_failed"


async def test_what_was_sent_again_on_request_says_so_wherever_it_stands() -> None:
    of = ledger(Tick(dead=[letter()], attempts=[attempt(400)]))
    again = Tick(redriven=[(1, NOW + 5)], opened=[opened()], parked=[parked("redriven")])
    of.commit(again)
    found = await way(of)
    assert (found.state, found.reason, found.redriven_at) == ("parked", "redriven", iso(NOW + 5))
    row = (LIVE, 0, AT)
    of.commit(Tick(unparked=[(*row, MOST)], closed=[row], attempts=[attempt(prior=1)]))
    found = await way(of)
    assert (found.state, found.redriven_at) == ("delivered", iso(NOW + 5))
    assert [(each.n, each.status) for each in found.attempts] == [(1, 400), (2, 200)]
    of.commit(Tick(dead=[letter()]))
    found = await way(of)
    assert (found.state, found.redriven_at) == ("dead_lettered", None)


async def test_an_attempt_names_the_batch_that_it_went_with() -> None:
    of = ledger(Tick(attempts=[attempt(413, batch_id="b1"), attempt(prior=1)]))
    assert [each.batch for each in (await way(of)).attempts] == ["b1", ""]
    assert b'"batch":"b1"' in msgspec.json.encode(await way(of))
    assert b'"batch":""' not in msgspec.json.encode(await way(of))


async def test_what_waits_for_its_batch_says_that_it_travels_in_one() -> None:
    (most, *_) = CONNECTION.subscriptions
    batched = msgspec.structs.replace(most, mapping={**most.mapping, "enable_batching": True})
    found = await way(ledger(at=CLAIMED), now=configured(subscriptions=(batched,)))
    assert (found.reason, found.note) == ("under_way", "it travels in a batch")


def mapped(value: str) -> dict[str, Any]:
    """A change of what `most` sends."""
    (most, *_) = CONNECTION.subscriptions
    changed = msgspec.structs.replace(most, mapping={"url": "https://a.test/", "data": value})
    return {"subscriptions": (changed,)}


async def test_a_payload_is_that_of_the_configuration_of_the_last_attempt() -> None:
    kept = [configured(1, **mapped("then")), configured(2, **mapped("at the second attempt"))]
    now = configured(3, **mapped("now"))
    switch = Switch(LIVE, 0, 0, 1, CODE_VERSION)
    of = ledger(Tick(switches=[switch], attempts=[attempt(503)]))
    assert (await way(of, now=now, kept=kept)).payload["data"] == "then"
    of.commit(Tick(attempts=[attempt(version=2, prior=1)]))
    assert (await way(of, now=now, kept=kept)).payload["data"] == "at the second attempt"
    assert (await way(ledger(at=AHEAD), now=now, kept=kept)).payload["data"] == "now"


async def test_a_connection_that_is_deleted_since_is_told_by_the_configuration_that_decided() -> (
    None
):
    over = lane(state="ended", reason="connection_deleted")
    switch = Switch(LIVE, 0, 0, 1, CODE_VERSION)
    of = ledger(Tick(switches=[switch], attempts=[attempt()]), state=over)
    found = await way(of, now=without(), kept=[configured()])
    assert (found.connection, found.subscription, found.state) == ("hook-1", MOST, "delivered")
    assert found.payload["url"]
    assert found.snapshot == 1
    found = await way(of, now=without())
    assert (found.connection, found.state) == (f"connection {LIVE}", "delivered")
    assert "configuration 1, which decided, is no longer kept" in (found.note or "")


async def test_a_lane_that_was_over_before_the_message_is_none_of_it() -> None:
    over = lane(state="ended", reason="connection_deleted")
    assert (await traced(ledger(state=over, at=AHEAD), now=without())).deliveries == []


async def test_another_code_version_is_told() -> None:
    of = ledger(Tick(switches=[Switch(LIVE, 0, 0, 1, "1")], attempts=[attempt()]))
    found = await way(of)
    assert found.note == f"recomputed by {CODE_VERSION}, decided by 1"


async def test_what_is_on_record_outweighs_what_is_computed_again() -> None:
    nobody = {"subscriptions": CONNECTION.subscriptions[1:]}
    switch = Switch(LIVE, 0, 0, 1, "1")
    of = ledger(Tick(switches=[switch], attempts=[attempt(version=2)]))
    found = await way(of, now=configured(2), kept=[configured(1, **nobody)])
    assert (found.decision, found.subscription, found.state) == ("send", MOST, "delivered")
    assert "recomputed otherwise (no_matching_subscription)" in (found.note or "")


async def test_a_lane_without_a_place_breaks_nothing() -> None:
    of = MemoryLedger()
    of.commit(Tick(lanes=[lane()]))
    found = await traced(of)
    assert found.deliveries == []
    assert [(each.connection, each.reason) for each in found.absent] == [("hook-1", "not_begun")]


ABSENT: list[tuple[dict[str, Any], str]] = [
    ({"start": {0: END}}, "connected_later"),
    ({"start": None}, "never_enabled"),
    ({"start": None, "mode": "device"}, "in_pages"),
    ({}, "not_begun"),
]


@pytest.mark.parametrize(("changes", "reason"), ABSENT, ids=[each[1] for each in ABSENT])
async def test_a_connection_to_which_it_never_came_says_why(
    changes: dict[str, Any], reason: str
) -> None:
    found = await traced(MemoryLedger(), now=configured(**changes))
    assert [(each.connection, each.reason) for each in found.absent] == [("hook-1", reason)]


def stored(verdict: Verdict, at: int = AT, of: Stored | None = None) -> Found:
    return Found(0, Position(at), SOURCE, verdict, NOW, of)


@pytest.mark.parametrize("verdict", [Verdict.SUPPRESSED, Verdict.ERASED])
async def test_what_must_not_be_processed_is_told_by_its_verdict(verdict: Verdict) -> None:
    found = await way(ledger(), stored(verdict))
    name = verdict.name.lower()
    assert (found.decision, found.rule, found.state) == ("suppressed", name, "suppressed")
    assert (found.payload, found.attempts) == (None, [])
    assert (await way(ledger(at=AHEAD), stored(verdict))).state == "pending"


async def test_every_copy_is_shown_and_only_the_one_that_counts_goes_anywhere() -> None:
    copies = [stored(Verdict.LIVE, AT, live(AT)), stored(Verdict.DUPLICATE, AT + 1, live(AT + 1))]
    found = await traced(ledger(Tick(attempts=[attempt()])), *copies)
    assert [each.verdict for each in found.copies] == ["live", "duplicate"]
    assert [each.position for each in found.deliveries] == [str(AT)]


async def test_a_message_whose_body_has_left_the_log_is_told_by_what_is_on_record() -> None:
    of = ledger(Tick(attempts=[attempt()]))
    found = await way(of, stored(Verdict.LIVE))
    assert (found.decision, found.state, found.payload) == ("send", "delivered", None)
    assert "the log no longer has the event" in (found.note or "")
    found = await way(ledger(), stored(Verdict.LIVE))
    assert (found.decision, found.state) == ("unknown", "unknown")


async def test_bytes_that_are_no_event_are_discarded_as_that() -> None:
    torn = Stored(Position(AT), Verdict.LIVE, record("Seen", original=b"{"), None)
    found = await way(ledger(), stored(Verdict.LIVE, AT, torn))
    assert (found.decision, found.state, found.reason) == ("unknown", "discarded", "undecodable")


def test_the_connection_of_these_tests_wants_the_message_once() -> None:
    """The control: were it wanted by nobody, most of the above would be about nothing."""
    assert isinstance(CONNECTION, Connection)
    assert ready(JOINED).router.decide({"event": "Seen", "type": "track"}).wanted == (MOST,)
