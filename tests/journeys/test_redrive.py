"""Dead letters are sent again when somebody asks for it; lanes hold, go on and skip as told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from tests.harness.checks import check_balance, check_keys, repeated
from tests.harness.declarations import connection, declaration
from tests.harness.receiver import OK, failing, until
from tests.harness.sending import fresh, send

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver
    from tests.harness.system import Headgate

OVER = 60.0
LOOK = 0.1


def redriven(headgate: Headgate, *words: str) -> dict[str, Any]:
    """What a redrive of `hook` says, or its dry run."""
    said = headgate.run("redrive", "--connection", "hook", *words, "--json")
    found: dict[str, Any] = msgspec.json.decode(said)
    return found


def settled(headgate: Headgate, **classes: int) -> None:
    """Wait until the live row of `hook` says so."""

    def says() -> bool:
        time.sleep(LOOK)
        row = headgate.row("hook")
        return all(getattr(row, name) == n for name, n in classes.items())

    until(says, OVER, lambda: f"{classes}, there is {headgate.row('hook')}")


def test_dead_letters_go_out_again_as_asked_for_under_their_own_keys(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    receiver.script("/hook", *[failing(400)] * 10, *[failing(422)] * 15, OK)
    ids = send(headgate.ready.collect, fresh(40))
    settled(headgate, delivered=15, dead_lettered=25)
    refused = [each for each in receiver.received("/hook") if not each.is_taken]
    first = [each.message_id or "" for each in refused if each.status == 400][:3]
    by_message = [word for each in first for word in ("--message", each)]
    assert redriven(headgate, "--dry-run") == {"deliveries": 25, "events": 25}
    assert redriven(headgate, "--status", "422", "--dry-run")["deliveries"] == 15
    assert redriven(headgate, "--reason", "http_400", "--dry-run")["deliveries"] == 10
    assert redriven(headgate, "--since", "1h", "--until", "1s", "--dry-run")["deliveries"] <= 25
    assert redriven(headgate, *by_message, "--dry-run") == {"deliveries": 3, "events": 3}
    assert redriven(headgate, *by_message)["result"]["redriven"] == 3
    settled(headgate, delivered=18, dead_lettered=22, pending=0)
    assert redriven(headgate, "--status", "422")["result"]["redriven"] == 15
    settled(headgate, delivered=33, dead_lettered=7, pending=0)
    receiver.script("/hook", *[failing(400)] * 2, OK)
    assert redriven(headgate)["result"]["redriven"] == 7
    settled(headgate, delivered=38, dead_lettered=2, pending=0)
    assert redriven(headgate, "--dry-run")["deliveries"] == 2, "they were given up once more"
    assert redriven(headgate, "--rate", "100")["result"]["redriven"] == 2
    settled(headgate, delivered=40, dead_lettered=0, pending=0)
    assert redriven(headgate)["result"]["redriven"] == 0
    taken = receiver.taken("/hook")
    assert {each.message_id for each in taken} == {*ids}
    assert (len(taken), repeated(taken)) == (40, {})
    check_keys(receiver.received("/hook"))


def test_an_event_with_two_deliveries_closes_anew_when_its_last_letter_is_delivered(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    urls = receiver.url("/one"), receiver.url("/two")
    headgate.apply(declaration(connection("hook", *urls)))
    receiver.script("/one", failing(400), OK)
    receiver.script("/two", failing(422), OK)
    send(headgate.ready.collect, fresh(1))
    settled(headgate, dead_lettered=1)
    assert redriven(headgate, "--dry-run") == {"deliveries": 2, "events": 1}
    assert redriven(headgate, "--status", "400")["result"]["redriven"] == 1
    until(lambda: len(receiver.taken("/one")) == 1, OVER, "the first delivery")
    settled(headgate, dead_lettered=1, delivered=0, pending=0)
    assert redriven(headgate, "--subscription", "Everything, 2")["result"]["redriven"] == 1
    settled(headgate, dead_lettered=0, delivered=1, pending=0)
    assert [len(receiver.received(path)) for path in ("/one", "/two")] == [2, 2]


def test_a_stopped_system_redrives_when_it_starts(start: Start, receiver: Receiver) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    receiver.script("/hook", *[failing(400)] * 6, OK)
    ids = send(headgate.ready.collect, fresh(6))
    settled(headgate, dead_lettered=6)
    headgate.stop()
    assert redriven(headgate, "--dry-run")["deliveries"] == 6
    said = redriven(headgate)
    assert said["result"] is None
    assert "no deliver process runs" in said["note"]
    headgate.start()
    settled(headgate, delivered=6, dead_lettered=0, pending=0)
    assert {each.message_id for each in receiver.wait(6, "/hook")} == {*ids}


def test_a_connection_is_held_over_a_restart_and_goes_on_or_skips(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    url = headgate.ready.collect
    first = send(url, fresh(5, "first"))
    settled(headgate, delivered=5)
    assert "done" in headgate.run("pause", "hook").decode()
    held = send(url, fresh(7, "held"))
    settled(headgate, delivered=5, pending=7)
    headgate.stop()
    headgate.start()
    settled(headgate, delivered=5, pending=7)
    assert headgate.row("hook").paused
    headgate.run("resume", "hook")
    settled(headgate, delivered=12, pending=0)
    headgate.run("pause", "hook")
    send(url, fresh(9, "skipped"))
    settled(headgate, delivered=12, pending=9)
    said = msgspec.json.decode(headgate.run("resume", "hook", "--skip", "--json"))
    assert said["result"]["skipped"] == 9
    settled(headgate, delivered=12, discarded=9, pending=0)
    last = send(url, fresh(3, "last"))
    settled(headgate, delivered=15, discarded=9, pending=0)
    assert (headgate.row("hook").reasons or {})["discarded"] == {"skipped": 9}
    taken = receiver.taken("/hook")
    assert {each.message_id for each in taken} == {*first, *held, *last}
    assert repeated(taken) == {}
    check_balance(headgate.ledger())
