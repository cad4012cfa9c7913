"""Replays send once more what the log holds: exactly what was asked for, and counted exactly."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.harness.checks import check_balance, repeated
from tests.harness.declarations import connection, declaration, subscription
from tests.harness.fixtures import tell
from tests.harness.receiver import OK, failing, until
from tests.harness.sending import fresh, post, send, track

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.printed import Row
    from tests.harness.receiver import Received, Receiver
    from tests.harness.system import Headgate

OVER = 60.0
LOOK = 0.1
SLOTS = 64
"""Requests that a connection may have under way, by default."""


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `headgate replays show ID --json` prints."""

    id: str
    connection: str
    source: str
    state: str
    reason: str
    at: str
    events: int
    selected: int
    delivered: int
    already_delivered: int
    filtered: int
    dead_lettered: int
    discarded: int
    left_to_live: int
    pending: int
    share: float
    only: str
    again: bool
    rate: float | None


def asked(headgate: Headgate, *words: str) -> dict[str, Any]:
    """The dry run of a replay to `hook`, without the times."""
    found: dict[str, Any] = msgspec.json.decode(
        headgate.run("replay", "--connection", "hook", *words, "--dry-run", "--json")
    )
    return {name: n for name, n in found.items() if name not in {"from", "until"}}


def replayed(headgate: Headgate, *words: str) -> Progress:
    """A replay to `hook` that was waited for."""
    said = headgate.run("replay", "--connection", "hook", *words, "--wait", "--json")
    return msgspec.json.decode(said, type=Progress)


def begun(headgate: Headgate, *words: str) -> str:
    """The id of a replay to `hook` that has begun."""
    said = msgspec.json.decode(headgate.run("replay", "--connection", "hook", *words, "--json"))
    assert said["note"] == "", said
    return str(said["id"])


def shown(headgate: Headgate, replay: str) -> Progress:
    return msgspec.json.decode(headgate.run("replays", "show", replay, "--json"), type=Progress)


def ended(headgate: Headgate, replay: str) -> None:
    """Wait until a replay is over."""

    def is_over() -> bool:
        time.sleep(LOOK)
        return shown(headgate, replay).state == "ended"

    until(is_over, OVER, lambda: f"the end of {shown(headgate, replay)}")


def counted(events: int, deliveries: int, already: int, left: int = 0) -> dict[str, int]:
    counts = {"events": events, "deliveries": deliveries, "already_delivered": already}
    return {**counts, "left_to_live": left} if left else counts


def keys_of(requests: list[Received]) -> dict[str, set[str]]:
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for each in requests:
        keys[each.message_id or ""].add(each.key)
    return keys


def settled(headgate: Headgate, **classes: int) -> Row:
    """Wait until the live row of `hook` says so."""

    def says() -> bool:
        time.sleep(LOOK)
        row = headgate.row("hook")
        return all(getattr(row, name) == n for name, n in classes.items())

    until(says, OVER, lambda: f"{classes}, there is {headgate.row('hook')}")
    return headgate.row("hook")


def test_a_replay_sends_what_was_never_delivered_and_nothing_else(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    receiver.script("/hook", *[failing(400)] * 40, OK)
    send(headgate.ready.collect, fresh(100))
    before = settled(headgate, delivered=60, dead_lettered=40)
    failed = {each.message_id: each.key for each in receiver.received("/hook") if not each.is_taken}
    assert asked(headgate) == counted(100, 40, 60)
    assert asked(headgate, "--only", "failed") == counted(100, 40, 60)
    assert asked(headgate, "--again") == counted(100, 100, 60)
    assert asked(headgate, "--type", "identify") == counted(0, 0, 0)
    done = replayed(headgate)
    assert (done.state, done.events, done.selected, done.share) == ("ended", 100, 100, 1.0)
    assert (done.delivered, done.already_delivered, done.pending) == (40, 60, 0)
    taken = receiver.taken("/hook")
    assert len(taken) == len({each.message_id for each in taken}) == 100
    assert repeated(taken) == {}
    again = [each for each in taken if each.message_id in failed]
    assert {each.message_id: each.key for each in again} == failed
    for each in again:
        body = msgspec.json.decode(each.body or "null")
        assert body["integrations"] == {"All": False, "Webhook": True}
    assert headgate.row("hook").ended() == before.ended()
    assert asked(headgate) == counted(100, 0, 100)


def test_what_was_delivered_is_sent_again_only_when_asked_for_and_under_another_key(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    ids = send(headgate.ready.collect, fresh(20))
    settled(headgate, delivered=20)
    done = replayed(headgate)
    assert (done.delivered, done.already_delivered) == (0, 20)
    assert len(receiver.received("/hook")) == 20
    for times in (2, 3):
        done = replayed(headgate, "--again")
        assert (done.delivered, done.already_delivered) == (20, 0)
        keys = keys_of(receiver.taken("/hook"))
        assert {message: len(seen) for message, seen in keys.items()} == dict.fromkeys(ids, times)
    assert repeated(receiver.taken("/hook")) == {}


def test_conditions_select_as_the_dry_run_said(start: Start, receiver: Receiver) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook")))
    url = headgate.ready.collect
    orders, signups = fresh(7, "order"), fresh(5, "signup")
    batch = [track(each, properties={"revenue": n}) for n, each in enumerate(orders)]
    batch += [track(each, event="Signed Up", properties={}) for each in signups]
    assert post(url, "/v1/batch", {"batch": batch}).status == 200
    settled(headgate, filtered=12)
    time.sleep(0.05)
    later = send(url, fresh(4, "later"))
    settled(headgate, filtered=16)
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    at = min(line.receivedAt or "" for line in headgate.log_cat() if line.messageId in later)
    by_name = ["--event", "Signed Up"]
    by_filter = ["--filter", "properties.revenue >= 4", "--until", at]
    assert asked(headgate, *by_name) == counted(5, 5, 0)
    assert asked(headgate, *by_filter) == counted(3, 3, 0)
    assert asked(headgate, "--since", at) == counted(4, 4, 0)
    assert replayed(headgate, *by_name).delivered == 5
    assert {each.message_id for each in receiver.taken("/hook")} == {*signups}
    assert replayed(headgate, *by_filter).delivered == 3
    assert {each.message_id for each in receiver.taken("/hook")} == {*signups, *orders[4:]}
    done = replayed(headgate, "--since", at)
    assert (done.selected, done.delivered) == (4, 4)
    assert replayed(headgate).delivered == 4, "the orders that no replay has sent yet"
    assert len(receiver.taken("/hook")) == 16


def test_a_replay_can_be_held_looked_at_and_ended_while_live_events_go_on(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook")))
    send(headgate.ready.collect, fresh(300))
    settled(headgate, filtered=300)
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    replay = begun(headgate, "--rate", "50")
    receiver.wait(10, "/hook")
    headgate.run("replays", "pause", replay)
    until(lambda: shown(headgate, replay).reason != "", OVER, "the pause")
    time.sleep(0.3)
    held = len(receiver.taken("/hook"))
    (row,) = [row for row in headgate.ledger() if row.kind == "replay"]
    assert (row.connection, row.replay, row.received) == ("hook", replay, 300)
    live = send(headgate.ready.collect, fresh(10, "live"))
    settled(headgate, delivered=10)
    assert len(receiver.taken("/hook")) == held + 10
    now = shown(headgate, replay)
    assert (now.delivered, now.pending, now.events) == (held, 300 - held, 300)
    assert 0 < now.share < 1
    headgate.run("replays", "resume", replay)
    receiver.wait(held + 10 + 10, "/hook")
    headgate.run("replays", "cancel", replay)
    over = shown(headgate, replay)
    sent = len(receiver.taken("/hook")) - 10
    time.sleep(0.5)
    assert len(receiver.taken("/hook")) == sent + 10 < 300
    assert (over.state, over.reason, over.delivered) == ("ended", "cancelled", sent)
    assert {each.message_id for each in receiver.taken("/hook")} >= {*live}
    listed = msgspec.json.decode(headgate.run("replays", "list", "--json"), type=list[Progress])
    assert [each.id for each in listed] == [replay]
    check_balance(headgate.ledger())
    assert asked(headgate) == counted(310, 300 - sent, sent + 10)


def test_a_replay_leaves_to_the_live_lane_what_that_one_still_owes(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    receiver.script("/hook", *[failing(400)] * 5, OK)
    send(headgate.ready.collect, fresh(5, "failed"))
    settled(headgate, dead_lettered=5)
    headgate.run("pause", "hook")
    send(headgate.ready.collect, fresh(8, "owed"))
    assert asked(headgate) == counted(5, 5, 0, left=8)
    replay = begun(headgate)
    headgate.run("resume", "hook")
    ended(headgate, replay)
    settled(headgate, delivered=8, dead_lettered=5, pending=0)
    over = shown(headgate, replay)
    assert over.delivered + over.already_delivered + over.left_to_live == 13
    taken = receiver.taken("/hook")
    assert (len(taken), repeated(taken)) == (13, {})


def test_a_stopped_system_replays_when_it_starts(start: Start, receiver: Receiver) -> None:
    headgate = start()
    two = [subscription(receiver.url("/hook")), subscription(receiver.url("/two"), "Two")]
    headgate.apply(declaration({**connection("hook"), "subscriptions": two[:1]}))
    ids = send(headgate.ready.collect, fresh(25))
    settled(headgate, delivered=25)
    headgate.stop()
    headgate.apply(declaration({**connection("hook"), "subscriptions": two}))
    assert asked(headgate) == counted(25, 25, 25)
    said = msgspec.json.decode(headgate.run("replay", "--connection", "hook", "--json"))
    assert said["result"] is None
    assert "no deliver process runs" in said["note"]
    assert shown(headgate, said["id"]).state == "accepted"
    assert shown(headgate, said["id"]).pending == 25
    headgate.start()
    ended(headgate, said["id"])
    assert {each.message_id for each in receiver.taken("/two")} == {*ids}
    assert (len(receiver.received("/hook")), len(receiver.received("/two"))) == (25, 25)


@pytest.mark.full
def test_a_replay_goes_on_after_kill_9_and_is_begun_once(start: Start, receiver: Receiver) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook")))
    ids = send(headgate.ready.collect, fresh(200))
    settled(headgate, filtered=200)
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    replay = begun(headgate, "--rate", "60")
    for messages in (20, 80):
        receiver.wait(messages, "/hook")
        headgate.kill("deliver")
    ended(headgate, replay)
    over = shown(headgate, replay)
    assert (over.selected, over.delivered + over.already_delivered, over.pending) == (200, 200, 0)
    taken = receiver.taken("/hook")
    assert {each.message_id for each in taken} == {*ids}
    assert len(taken) - 200 <= 2 * SLOTS, "sent again: what had no mark when it was killed"
    assert all(len(keys) == 1 for keys in keys_of(taken).values())
    assert len([row for row in headgate.ledger() if row.kind == "replay"]) == 0
    tell(f"{len(taken) - 200} of 200 were sent twice by two kills")
