"""Declarations: in force when `apply` returns, on a running system and on a stopped one."""

from __future__ import annotations

import base64
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest

from headgate.folder import DataFolder
from headgate.services.parts import open_ledgers
from headgate.settings import load
from tests.harness.checks import check
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import tell
from tests.harness.receiver import OK, SECRET, Step, slow, until
from tests.harness.sending import fresh, send
from tests.harness.system import CommandFailed, Headgate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver

IN_FORCE_SECONDS = 2.0


class Lane(NamedTuple):
    """A lane as the ledger has it; `headgate ledger` no longer shows those that ended."""

    state: str
    ended: dict[str, int]


def lanes(headgate: Headgate) -> list[Lane]:
    found = []
    for account in open_ledgers(DataFolder(headgate.data), load()).accounts():
        classes = Counter[str]()
        for name, _, n in account.tallies:
            classes[name] += n
        found.append(Lane(account.lane.state, dict(classes)))
    return found


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
    assert {name: row.delivered for name, row in checked.rows.items()} == {
        "hook": 160,
        "later": 110,
    }
    assert {each.message_id for each in receiver.taken("/moved")} == set(third)
    tell(str(checked))


def test_a_pruned_connection_ends_and_discards_what_it_owed(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    receiver.script("/gone", *[OK] * 100, slow(0.5))
    hook = connection("hook", receiver.url("/hook"))
    headgate.apply(declaration(hook, connection("gone", receiver.url("/gone"))))
    ids = send(headgate.ready.collect, fresh(800))

    headgate.apply(declaration(hook))
    assert "gone" in headgate.warned, "without --prune it is named, and stays"
    assert headgate.row("gone").balance == 0
    headgate.apply(declaration(hook), "--prune")
    until(lambda: "ended" in {lane.state for lane in lanes(headgate)}, 20, "the end of the lane")
    (gone,) = [lane for lane in lanes(headgate) if lane.state == "ended"]
    receiver.wait(800, "/hook")
    arrived = len(receiver.taken("/gone"))
    assert gone.ended == {"delivered": arrived, "discarded": 800 - arrived}
    assert 0 < arrived < 800, "the test came too late to see anything discarded"
    send(headgate.ready.collect, fresh(50))
    receiver.wait(850, "/hook")
    assert len(receiver.received("/gone")) == arrived
    checked = check(headgate, acknowledged=ids, taken={"hook": receiver.taken("/hook")})
    assert checked.rows.keys() == {"hook"}
    tell(f"gone: {gone.ended}; {checked}")


def test_what_is_applied_to_a_stopped_system_holds_from_its_start(
    start: Start, receiver: Receiver
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/before"))))
    ids = send(headgate.ready.collect, fresh(20))
    receiver.wait(20, "/before")
    headgate.stop()
    said = headgate.apply(declaration(connection("hook", receiver.url("/after"))))
    assert "In force" in said
    assert headgate.apply(declaration(connection("hook", receiver.url("/after")))) == (
        "Nothing to change.\n"
    )
    headgate.start()
    ids += send(headgate.ready.collect, fresh(30))
    receiver.wait(30, "/after")
    assert len(receiver.received("/before")) == 20
    check(headgate, acknowledged=ids, taken={"hook": receiver.taken()})


def test_an_export_brings_a_workspace_to_another_machine_without_its_secrets(
    start: Start, receiver: Receiver
) -> None:
    here, there = start(), start()
    here.apply(declaration(connection("hook", receiver.url("/hook"))))
    exported = here.export()
    assert SECRET not in exported
    assert "@secret" in exported
    assert here.apply(exported) == "Nothing to change.\n"
    assert "hook" in here.apply(exported.replace("/hook", "/elsewhere"), "--dry-run")

    variable = "HEADGATE_SECRET_HOOK_SHAREDSECRET"
    with pytest.raises(CommandFailed, match=variable) as refused:
        there.apply(exported)
    assert refused.value.code == 1
    there.apply(exported, environ={variable: SECRET})
    ids = send(there.ready.collect, fresh(20))
    taken = receiver.wait(20, "/hook")
    assert {each.signed for each in taken} == {"valid"}
    check(there, acknowledged=ids, taken={"hook": taken})
    assert there.export() == exported


def test_no_file_holds_a_secret_in_plain_text(start: Start, receiver: Receiver) -> None:
    """Also when a destination says it back while it fails, which is when requests are kept."""
    headgate = start()
    told = f"{SECRET} in its own words"
    receiver.script("/flaky", Step(status=503, body=told), Step())
    receiver.script("/refusing", Step(status=400, body=told))
    names = ("fine", "flaky", "refusing")
    headgate.apply(declaration(*(connection(each, receiver.url(f"/{each}")) for each in names)))
    ids = send(headgate.ready.collect, fresh(30))
    receiver.wait(30, "/fine")
    until(lambda: len(receiver.received("/refusing")) == 30, 10, "30 refusals")
    receiver.wait(30, "/flaky")
    until(lambda: headgate.row("refusing").dead_lettered == 30, 10, "30 dead letters")
    tries = [way.attempts for way in headgate.trace(ids[0]).deliveries]
    assert sorted(len(each) for each in tries) in ([1, 1, 1], [1, 1, 2])
    assert SECRET not in headgate.run("trace", ids[0], "--json").decode()
    check(headgate, acknowledged=ids)
    assert found_in_files(headgate.data, "in its own words"), "no answer was kept: nothing is shown"
    assert secrets_in_files(headgate) == []
    headgate.stop()
    assert secrets_in_files(headgate) == []


def secrets_in_files(headgate: Headgate) -> list[Path]:
    """Files of the data folder and the log file that hold the secret, in any of its forms."""
    encoded = base64.b64encode(SECRET.encode()).decode().rstrip("=")
    forms = (SECRET, encoded, SECRET.encode().hex())
    declared = set(headgate.folder.glob("declared-*"))
    found = {path for form in forms for path in found_in_files(headgate.folder, form)}
    assert declared <= found, "the search finds it where it was written by hand"
    return sorted(found - declared)


def found_in_files(folder: Path, text: str) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if text.encode() in path.read_bytes()]
