"""One message followed through the real program: whatever becomes of it, its trace says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate.clock import iso
from tests.harness.declarations import connection, declaration, subscription
from tests.harness.receiver import OK, failing, until
from tests.harness.sending import fresh, post, send, track
from tests.journeys.test_commands import refusal
from tests.journeys.test_replay import replayed

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.printed import Way
    from tests.harness.receiver import Receiver
    from tests.harness.system import Headgate

OVER = 60.0
FIELDS = {
    *("connection", "subscription", "decision", "rule", "state", "payload", "attempts"),
    "next_attempt",
}
"""What the contract says of a delivery."""


def way(headgate: Headgate, message_id: str, of: str = "hook", replay: str = "") -> Way:
    ways = headgate.trace(message_id).deliveries
    found = [each for each in ways if each.connection == of and (each.replay or "") == replay]
    assert len(found) == 1, ways
    return found[0]


def stands(headgate: Headgate, message_id: str, state: str, reason: str = "") -> Way:
    """Wait until the trace says where a message stands, and why."""

    def says() -> bool:
        found = way(headgate, message_id)
        return (found.state, found.reason) == (state, reason)

    until(says, OVER, lambda: f"{state}, it is {way(headgate, message_id)}")
    return way(headgate, message_id)


def test_a_message_is_given_up_sent_again_and_replayed(start: Start, receiver: Receiver) -> None:
    headgate = start()
    hook = connection("hook", receiver.url("/hook"))
    headgate.apply(declaration(hook))
    receiver.script("/hook", failing(400), OK)
    (message_id,) = send(headgate.ready.collect, fresh(1))
    given_up = stands(headgate, message_id, "dead_lettered", "http_400")
    assert [(each.n, each.status) for each in given_up.attempts] == [(1, 400)]
    assert (
        "hook > Everything: dead_lettered, http_400" in headgate.run("trace", message_id).decode()
    )

    headgate.run("redrive", "--connection", "hook")
    again = stands(headgate, message_id, "delivered")
    assert again.redriven_at is not None
    assert [(each.n, each.status) for each in again.attempts] == [(1, 400), (2, 200)]

    plain, repeated = replayed(headgate), replayed(headgate, "--again")
    passed_by = way(headgate, message_id, replay=plain.id)
    assert (passed_by.decision, passed_by.rule) == ("filtered", "already_delivered")
    repetition = way(headgate, message_id, replay=repeated.id)
    assert (repetition.state, len(repetition.attempts)) == ("delivered", 1)
    assert repetition.payload["data"]["integrations"] == {"All": False, "Webhook": True}

    send(headgate.ready.collect, [message_id])
    found = headgate.trace(message_id)
    assert [each.verdict for each in found.copies] == ["live", "duplicate"]
    assert len(found.deliveries) == 3

    later = connection("later", receiver.url("/later"))
    headgate.apply(declaration(later), "--prune")
    gone = headgate.trace(message_id)
    assert {each.connection for each in gone.deliveries} == {"hook"}, "it is known after its end"
    assert {each.state for each in gone.deliveries} == {"delivered", "filtered"}
    assert [(each.connection, each.reason) for each in gone.absent] == [
        ("later", "connected_later")
    ]
    shown = headgate.run("trace", message_id).decode()
    assert "later was connected after this event; `headgate replay` can send it" in shown
    assert f"hook ({plain.id}): filtered by already_delivered" in shown


def test_events_of_a_user_wait_behind_the_first_and_say_so(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"), ordering="strict")))
    receiver.script("/hook", failing(503, Retry_After="600"))
    first, second = fresh(2)
    for each in (first, second):
        assert post(headgate.ready.collect, "/v1/track", track(each, userId="ann")).status == 200
    parked = stands(headgate, first, "parked", "http_503")
    assert parked.next_attempt is not None
    assert parked.next_attempt > iso(0)
    waits = stands(headgate, second, "pending", "waits_for_order")
    assert (waits.attempts, waits.next_attempt) == ([], None)
    shown = headgate.run("trace", second).decode()
    assert "pending, it waits for an earlier event of the same user (waits_for_order)" in shown
    assert "next attempt" in headgate.run("trace", first).decode()

    headgate.run("pause", "hook")
    stands(headgate, second, "pending", "paused: by_operator")
    held = way(headgate, first)
    assert (held.state, held.next_attempt) == ("parked", None)
    assert held.note == "nothing is sent meanwhile: paused: by_operator"


def batched(url: str) -> dict[str, Any]:
    mapping = {
        "url": url,
        "data": {"@path": "$."},
        "enable_batching": True,
        "batch_size": 2,
    }
    return connection("hook", subscriptions=[subscription(url, mapping=mapping)])


def test_what_went_out_together_bears_the_same_batch(start: Start, receiver: Receiver) -> None:
    headgate = start()
    headgate.apply(declaration(batched(receiver.url("/hook"))))
    ids = fresh(2)
    batch = {"batch": [track(each) for each in ids]}
    assert post(headgate.ready.collect, "/v1/batch", batch).status == 200
    ways = [stands(headgate, each, "delivered") for each in ids]
    batches = {each.attempts[0].batch for each in ways}
    assert len(batches) == 1
    assert batches != {""}
    assert f"in batch {min(batches)[:8]}" in headgate.run("trace", ids[0]).decode()


def test_what_the_contract_names_is_there_and_a_stranger_is_told_of_refusals(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    (message_id,) = send(headgate.ready.collect, fresh(1))
    stands(headgate, message_id, "delivered")
    printed = msgspec.json.decode(headgate.run("trace", message_id, "--json"))
    assert printed.keys() == {"messageId", "copies", "deliveries"}
    assert printed["deliveries"][0].keys() >= FIELDS
    assert printed["deliveries"][0]["attempts"][0].keys() == {
        *("n", "at", "ms", "status", "outcome", "reason"),
    }
    refused = {"type": "track", "messageId": "no-event-name", "userId": "ann"}
    assert post(headgate.ready.collect, "/v1/track", refused).status == 400
    said = refusal(headgate, "trace", "no-event-name")
    assert "no message 'no-event-name' is in the log" in said
    assert "`headgate log stat` counts what was refused" in said
