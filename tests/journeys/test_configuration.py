"""Declarations: in force when `apply` returns, on a running system and on a stopped one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from headgate.folder import DataFolder
from headgate.services.parts import open_ledgers
from tests.harness.checks import check, check_balance
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import tell
from tests.harness.receiver import SECRET, Step, slow, until
from tests.harness.sending import fresh, send
from tests.harness.system import CommandFailed, Headgate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver

IN_FORCE_SECONDS = 2.0
VARIABLE = "HEADGATE_SECRET_HOOK_SHAREDSECRET"


def test_what_is_applied_is_in_force_when_apply_returns(start: Start, receiver: Receiver) -> None:
    """A new connection, one that is switched off and on again, and a change of where it goes."""
    headgate = start()
    url, hook = headgate.ready.collect, connection("hook", receiver.url("/hook"))
    assert "In force" in headgate.apply(declaration(hook))
    first = send(url, fresh(50))
    receiver.wait(50, "/hook")

    later = connection("later", receiver.url("/later"))
    headgate.apply(declaration(hook, later))
    began, second = time.monotonic(), send(url, fresh(50))
    receiver.wait(50, "/later", IN_FORCE_SECONDS)
    tell(f"a new connection delivered {time.monotonic() - began:.2f} s after apply returned")
    assert {each.message_id for each in receiver.taken("/later")} == set(second)

    headgate.apply(declaration(hook, {**later, "enabled": False}))
    third = send(url, fresh(60))
    receiver.wait(160, "/hook")
    held = check(headgate, acknowledged=third, taken={"later": receiver.taken("/later")})
    assert (held.rows["later"].pending, held.rows["later"].delivered) == (60, 50)

    headgate.apply(declaration(hook, connection("later", receiver.url("/moved"))))
    receiver.wait(60, "/moved", IN_FORCE_SECONDS)
    taken = {"hook": receiver.taken("/hook")}
    taken["later"] = receiver.taken("/later") + receiver.taken("/moved")
    checked = check(headgate, acknowledged=[*first, *second, *third], taken=taken)
    assert {name: row.delivered for name, row in checked.rows.items()} == {"hook": 160, "later": 110}
    assert {each.message_id for each in receiver.taken("/moved")} == set(third)
    tell(str(checked))


def test_a_pruned_connection_ends_and_discards_what_it_owed(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    receiver.script("/gone", slow(0.05))
    hook = connection("hook", receiver.url("/hook"))
    headgate.apply(declaration(hook, connection("gone", receiver.url("/gone"))))
    number = {lane.connection: lane for lane in lanes(headgate)}
    assert len(number) == 2
    ids = send(headgate.ready.collect, fresh(3000))

    kept = headgate.apply(declaration(hook))
    assert "gone" in kept, "without --prune it is named, and stays"
    assert headgate.row("gone").balance == 0
    headgate.apply(declaration(hook), "--prune")
    until(lambda: "ended" in {lane.state for lane in lanes(headgate)}, 20, "the end of the lane")
    (gone,) = [lane for lane in lanes(headgate) if lane.state == "ended"]
    receiver.wait(3000, "/hook")
    arrived = len(receiver.taken("/gone"))
    assert gone.ended == {"delivered": arrived, "discarded": 3000 - arrived}
    assert 0 < arrived < 3000, "the test came too late to see anything discarded"
    send(headgate.ready.collect, fresh(50))
    receiver.wait(3050, "/hook")
    assert len(receiver.received("/gone")) == arrived
    checked = check(headgate, acknowledged=ids, taken={"hook": receiver.taken("/hook")})
    assert checked.rows.keys() == {"hook"}
    tell(f"gone: {gone.ended}; {checked}")
