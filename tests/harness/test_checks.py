"""The judge is judged: each thing that can go wrong in a system is seen when it does."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from tests.harness.checks import check_balance, check_deliveries, check_log, repeated
from tests.harness.printed import Line, Row
from tests.harness.receiver import Received

EVENT = {"type": "track", "userId": "u", "event": "Paid"}


def line(message_id: str, verdict: str = "live", source: str = "website") -> Line:
    event = {**EVENT, "messageId": message_id}
    return Line("1", source, message_id, "track", "2026-11-22T07:20:32.663Z", verdict, event)


ROW = Row(
    source="website",
    connection="hook",
    kind="live",
    received=2,
    delivered=2,
    filtered=0,
    suppressed=0,
    discarded=0,
    dead_lettered=0,
    pending=0,
    duplicates=0,
    balance=0,
    reasons={},
)


def row(**counts: Any) -> Row:
    return msgspec.structs.replace(ROW, **counts)


def row_without_a_lane() -> Row:
    classes = ("delivered", "filtered", "suppressed", "discarded", "dead_lettered", "pending")
    absent = dict.fromkeys((*classes, "connection", "kind", "balance", "reasons"))
    return msgspec.structs.replace(ROW, **absent)


def arrival(message_id: str, **fields: Any) -> Received:
    body = msgspec.json.encode({**EVENT, "messageId": message_id})
    received = Received(
        at=1.0,
        connection=1,
        nth=1,
        method="POST",
        path="/hook",
        key=f"key-{message_id}",
        message_id=message_id,
        digest=hashlib.sha256(body).hexdigest(),
        signed="valid",
        status=200,
        body=body.decode(),
    )
    return msgspec.structs.replace(received, **fields)


LIVE = {"a": line("a"), "b": line("b")}
BOTH = [arrival("a"), arrival("b")]


def test_what_is_right_passes() -> None:
    assert check_log([line("a"), line("b"), line("a", "duplicate")], ["a", "b"]) == LIVE
    assert check_deliveries(row(), BOTH, LIVE, faultless=True) == {}
    check_balance([row(), row_without_a_lane()])


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([line("a"), line("b", "duplicate")], "not in the log"),
        ([line("a")], "not in the log"),
        ([line("a"), line("b"), line("b")], "more than once"),
    ],
)
def test_a_log_that_lost_or_doubled_something_is_caught(lines: list[Line], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check_log(lines, ["a", "b"])


def test_the_same_id_of_two_sources_is_two_messages() -> None:
    assert check_log([line("a"), line("a", source="app")], ["a"]).keys() == {"a"}


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"balance": 1}, "does not balance"),
        ({"balance": -1}, "does not balance"),
        ({"pending": -1}, "below 0"),
        ({"discarded": -2}, "below 0"),
        ({"balance": None}, "does not balance"),
    ],
)
def test_a_ledger_that_miscounts_is_caught(counts: dict[str, Any], says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        check_balance([row(**counts)])


@pytest.mark.parametrize(
    ("taken", "says"),
    [
        (BOTH[:1], "1 messages arrived"),
        ([*BOTH, arrival("c")], "not live in the log"),
        ([*BOTH, arrival("b")], "sent twice"),
        ([*BOTH, arrival("b", key="another")], "another key"),
        ([arrival("a", key="key-b"), arrival("b")], "share a key"),
        ([arrival("a", key=""), arrival("b")], "without a key"),
        ([arrival("a", signed="forged"), arrival("b")], "signature is wrong"),
        ([arrival("a", body='{"messageId": "a"}'), arrival("b")], "in the log"),
    ],
)
def test_a_delivery_that_is_not_as_the_ledger_says_is_caught(
    taken: list[Received], says: str
) -> None:
    with pytest.raises(AssertionError, match=says):
        check_deliveries(row(), taken, LIVE, faultless=True)


def test_repeats_after_a_fault_are_named_by_their_keys() -> None:
    taken = [*BOTH, arrival("b"), arrival("b")]
    assert repeated(taken) == {"key-b": 3}
    assert check_deliveries(row(), taken, LIVE, faultless=False) == {"key-b": 3}


def test_what_arrived_and_is_not_yet_counted_must_be_pending() -> None:
    check_deliveries(row(delivered=1, pending=1), BOTH, LIVE, faultless=False)
    with pytest.raises(AssertionError, match="2 messages arrived"):
        check_deliveries(row(delivered=1), BOTH, LIVE, faultless=False)
