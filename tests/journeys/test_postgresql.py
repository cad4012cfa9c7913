"""A whole system whose store and ledger are in PostgreSQL: what dies, and what is away."""

from __future__ import annotations

import base64
import secrets
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.contracts.postgres import Postgres
from tests.harness.checks import check
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import tell
from tests.harness.receiver import slow, until
from tests.harness.sending import Load, exchange, fresh, post, request, send, track
from tests.harness.system import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness.fixtures import Start
    from tests.harness.printed import Row
    from tests.harness.receiver import Receiver
    from tests.harness.system import Headgate

SLOTS = 64
"""What a connection may have under way, by default: as many may be repeated after a kill."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


def test_nothing_is_lost_when_delivery_is_killed_and_when_the_database_is_away(
    postgres: Postgres, start: Start, receiver: Receiver
) -> None:
    """While it is away nothing new is sent: a tick keeps its slots until it is committed."""
    store = postgres.by_tcp(postgres.database())
    headgate = start(environ={"HEADGATE_STORE": store})
    receiver.script("/hook", slow(0.005))
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    assert not list(headgate.data.glob("ledger-*")), "there are no files of a ledger"
    with Load(headgate.ready.collect, clients=2, pause=0.01) as load:
        time.sleep(0.5)
        pid = headgate.kill("deliver")
        until(lambda: not is_alive(pid), 5, "its end")
        until(lambda: is_back(headgate, pid), 10, "another deliver")
        time.sleep(0.5)
        postgres.stop()
        until(lambda: '"ledger.unavailable"' in headgate.logs(), 10, "a tick that fails")
        time.sleep(0.5)
        stopped, taken = headgate.status().pids["deliver"], len(receiver.taken())
        time.sleep(0.5)
        assert len(receiver.taken()) == taken, "nothing is claimed meanwhile"
        postgres.start()
        until(lambda: len(receiver.taken()) > taken + SLOTS, 10, "deliveries again")
        assert headgate.status().pids["deliver"] == stopped, "it waited, and did not die"
    drained(headgate, receiver, load)
    requests = {"hook": receiver.taken()}
    checked = check(headgate, acknowledged=load.acknowledged, taken=requests, faultless=False)
    repeats = len(checked.repeats["hook"])
    tell(f"{checked}, refused meanwhile {len(load.refused)}")
    assert repeats <= SLOTS
    assert checked.rows["hook"].delivered == checked.live
    assert successes(headgate) == checked.live, "the API tells what the ledger does"


@pytest.mark.full
def test_what_is_configured_with_one_system_is_in_force_in_another_on_the_same_database(
    postgres: Postgres, start: Start, receiver: Receiver
) -> None:
    """Each has its own log and ledger; a notice with the version brings the configuration."""
    environ = {
        "HEADGATE_STORE": postgres.by_tcp(postgres.database()),
        "HEADGATE_SECRET_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
    here, there = start(environ=environ), start(environ=environ)
    here.apply(declaration(connection("hook", receiver.url("/hook"))))
    began = time.monotonic()
    until(lambda: takes(there), 10, "a write key that was made elsewhere")
    tell(f"in force elsewhere {time.monotonic() - began:.2f} s after apply came back")
    for headgate in (here, there):
        ids = send(headgate.ready.collect, fresh(20))
        until(lambda ids=ids: set(ids) <= took(receiver), 20, "all deliveries")  # type: ignore[misc]
    there.stop()
    there.start()
    ids = send(there.ready.collect, fresh(20))
    until(lambda: set(ids) <= took(receiver), 20, "all deliveries")
    settled = [rested(headgate) for headgate in (here, there)]
    assert [row.delivered for row in settled] == [20, 41]


def takes(headgate: Headgate) -> bool:
    """Whether it knows the write key; the event that it is asked with counts as any other."""
    return post(headgate.ready.collect, "/v1/track", track("first")).status == 200


def took(receiver: Receiver) -> set[str | None]:
    return {each.message_id for each in receiver.taken()}


def rested(headgate: Headgate) -> Row:
    until(lambda: headgate.row("hook").pending == 0, 20, "a ledger with nothing pending")
    return headgate.row("hook")


def is_back(headgate: Headgate, killed: int) -> bool:
    now = headgate.status()
    return now.ready and bool(set(now.pids.get("deliver", [])) - {killed})


def successes(headgate: Headgate) -> int:
    """What the Public API says of the only destination."""
    token = msgspec.json.decode(headgate.run("token", "create", "ci", "--role", "owner", "--json"))[
        "token"
    ]

    def ask(path: str) -> Any:
        raw = request("GET", path, [("Authorization", f"Bearer {token}")])
        return msgspec.json.decode(exchange(headgate.ready.control, raw).body)["data"]

    (found,) = ask("/destinations?pagination[count]=10")["destinations"]
    path = f"/destinations/{found['id']}/delivery-metrics?sourceId={found['sourceId']}"
    (counted,) = [
        each["total"]
        for each in ask(path)["deliveryMetricsSummary"]["metrics"]
        if each["metricName"] == "successes"
    ]
    return int(counted)


def drained(headgate: Headgate, receiver: Receiver, load: Load) -> None:
    receiver.wait(len(load.acknowledged), "/hook", 60)
    until(lambda: headgate.row("hook").pending == 0, 20, "a ledger with nothing pending")
