"""Secrets get another key while events are delivered that are signed with one of them."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.harness.checks import check
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import tell
from tests.harness.receiver import until
from tests.harness.sending import Load
from tests.harness.system import HEADGATE

if TYPE_CHECKING:
    from random import Random

    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver

STEPS = 4


@pytest.mark.abuse("ac_sec_key_rotate")
def test_the_key_changes_under_traffic_and_no_delivery_fails(
    start: Start, receiver: Receiver, rng: Random
) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    first = headgate.data.joinpath("secret.key").read_text()
    with Load(headgate.ready.collect, clients=2) as load:
        steps = rng.randrange(STEPS + 1)
        _kill_rotation(str(headgate.data), steps)
        headgate.run("key", "rotate", "--forget-old")
    receiver.wait(len(load.acknowledged), "/hook", 60)
    until(lambda: headgate.row("hook").pending == 0, 20, "a ledger with nothing pending")
    attempts = receiver.received("/hook")
    assert {(each.status, each.signed) for each in attempts} == {(200, "valid")}
    headgate.stop()
    assert first not in headgate.data.joinpath("secret.key").read_text()
    (known,) = json.loads(headgate.run("key", "list", "--json"))
    assert (known["known"], known["secrets"]) == (True, 2)
    headgate.start()
    with Load(headgate.ready.collect, clients=1) as again:
        time.sleep(0.3)
    acknowledged = [*load.acknowledged, *again.acknowledged]
    receiver.wait(len(acknowledged), "/hook", 60)
    checked = check(headgate, acknowledged=acknowledged, taken={"hook": receiver.taken()})
    assert {each.signed for each in receiver.received("/hook")} == {"valid"}
    tell(f"killed after step {steps} of {STEPS}; {checked}")


def _kill_rotation(data: str, steps: int) -> None:
    """Begin a rotation and kill it after so many steps."""
    begun = subprocess.Popen([HEADGATE, "key", "rotate", "--data", data], stdout=subprocess.PIPE)
    assert begun.stdout is not None
    for _ in range(steps):
        begun.stdout.readline()
    begun.kill()
    begun.communicate()
