"""What takes more than one answer: access that expires, batches, poison, lost answers, limits."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.faults.upstream.answers import FRESH, MOST_A_SECOND, MOST_BYTES, NEVER_FIT, TOO_SOON
from tests.faults.upstream.upstream import Upstream
from tests.harness.checks import check
from tests.harness.declarations import connection, declaration, subscription
from tests.harness.fixtures import judged, tell
from tests.harness.receiver import OK, RESET, until
from tests.harness.sending import fresh, post, send, track
from tests.harness.system import HEADGATE, Headgate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness.receiver import Receiver

BATCH_SECONDS = 1.0
PACE_SECONDS = 10
SETTINGS = {
    "HEADGATE_BATCH_SECONDS": str(BATCH_SECONDS),
    "HEADGATE_REFUSED_WAIT_SECONDS": "1",
    "HEADGATE_REFUSED_IN_A_ROW": "5",
}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    with Upstream(tmp_path_factory.mktemp("upstream")) as started:
        yield started


@pytest.fixture
def headgate(upstream: Upstream, tmp_path: Path) -> Iterator[Headgate]:
    """One that has the destinations of `trying`."""
    environ = {**upstream.installed(tmp_path / "site"), **SETTINGS}
    with judged(Headgate(tmp_path / "headgate", environ=environ)) as started:
        yield started


def apply(headgate: Headgate, *connections: dict[str, Any]) -> None:
    """In a process of its own, which finds what is installed beside Headgate."""
    file = headgate.folder / "declared.yaml"
    file.write_bytes(msgspec.json.encode(declaration(*connections)))
    command = [str(HEADGATE), "apply", str(file), "--data", str(headgate.data)]
    done = subprocess.run(
        command, env=headgate.environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def trying(slug: str, destination: str, url: str, **fields: Any) -> dict[str, Any]:
    """A connection of one of the destinations of `trying`; `fields` go into its mapping."""
    mapping = {"messageId": {"@path": "$.messageId"}, **fields}
    oauth = {"client_id": "headgate", "client_secret": "client-9f21c0"}
    access = {"oauth": {**oauth, "access_token": "stale-77", "refresh_token": "refresh-55"}}
    return {
        **connection(slug),
        "destination": destination,
        "settings": {"url": url, **(access if destination != "items" else {})},
        "subscriptions": [subscription(url, mapping=mapping)],
    }


def drained(headgate: Headgate, slug: str, seconds: float = 80) -> None:
    until(lambda: not headgate.row(slug).pending, seconds, lambda: f"{headgate.row(slug)}")


def test_access_is_renewed_once_or_the_connection_is_paused(
    headgate: Headgate, upstream: Upstream
) -> None:
    slugs = ["uf-s440-oauth", "uf-s498-oauth"]
    good = [trying(slug, "renewing", upstream.urls[slug]) for slug in slugs]
    apply(headgate, *good, trying("gone", "revoked", upstream.urls["revoked-plain"]))
    ids = send(headgate.ready.collect, fresh(8))
    for slug in slugs:
        drained(headgate, slug)
        assert headgate.row(slug).ended() == {"delivered": len(ids)}
        tokens = [each.authorization for each in upstream.requests(slug)]
        assert tokens.count(f"Bearer {FRESH}") == len(ids), tokens
    assert len(upstream.requests("tokens-plain")) == len(slugs), "one renewal for each connection"
    until(lambda: headgate.row("gone").state == "paused", 20, lambda: f"{headgate.row('gone')}")
    row = headgate.row("gone")
    assert (row.paused, row.pending, row.ended()) == ("auth_failed", len(ids), {})


def test_items_of_a_batch_end_each_in_its_own_way(headgate: Headgate, upstream: Upstream) -> None:
    url = upstream.urls["items-plain"]
    apply(headgate, trying("items", "items", url, enable_batching=True, batch_size=20))
    ids = send(headgate.ready.collect, fresh(20, "item"))
    drained(headgate, "items")
    row = headgate.row("items")
    dead = len(NEVER_FIT)
    assert row.ended() == {"delivered": len(ids) - dead, "dead_lettered": dead}, row
    whole, *later = upstream.requests("items-plain")
    assert sorted(whole.messages) == sorted(ids), "one request for all"
    assert [each.messages for each in later] == [[ids[TOO_SOON]]], "and one more for one"
    states = [headgate.trace(each).deliveries[0].state for each in ids]
    assert {number for number, state in enumerate(states) if state == "dead_lettered"} == NEVER_FIT


def test_a_batch_that_is_refused_in_the_middle_of_its_upload_is_halved(
    headgate: Headgate, upstream: Upstream
) -> None:
    mapping = {
        "url": upstream.urls["small-plain"],
        "data": {"messageId": {"@path": "$.messageId"}, "text": {"@path": "$.properties.text"}},
        "enable_batching": True,
        "batch_size": 64,
    }
    made = connection("small", upstream.urls["small-plain"])
    made["subscriptions"] = [subscription("", mapping=mapping)]
    apply(headgate, made)
    ids = fresh(17)
    text = "t" * 20_000
    small = [track(each, properties={"text": text}) for each in ids[:16]]
    for begin in range(0, len(small), 8):
        batch = {"batch": small[begin : begin + 8]}
        assert post(headgate.ready.collect, "/v1/batch", batch).status == 200
    drained(headgate, "small")
    assert headgate.row("small").ended() == {"delivered": 16}
    requests = upstream.requests("small-plain")
    refused = [each for each in requests if not each.messages and each.nth == 1]
    taken = [each.messages for each in requests if each.messages]
    assert len(refused) > 1
    assert all(len(each) * len(text) <= MOST_BYTES for each in taken)
    assert sorted(each for some in taken for each in some) == sorted(ids[:16]), "each once"


def test_an_event_that_kills_three_times_is_quarantined(
    headgate: Headgate, upstream: Upstream
) -> None:
    url = upstream.urls["healthy-plain"]
    deadly = {"@path": "$.properties.deadly"}
    apply(headgate, trying("items", "items", url, deadly=deadly))
    others = send(headgate.ready.collect, fresh(20))
    (poison,) = fresh(1, "poison")
    fatal = track(poison, properties={"deadly": True})
    assert post(headgate.ready.collect, "/v1/track", fatal).status == 200
    others += send(headgate.ready.collect, fresh(20))
    drained(headgate, "items")
    row = headgate.row("items")
    assert row.ended() == {"delivered": len(others), "dead_lettered": 1}, row
    assert row.reasons is not None
    assert row.reasons["dead_lettered"] == {"quarantined": 1}
    (way,) = headgate.trace(poison).deliveries
    assert (way.state, [each.status for each in way.attempts]) == ("dead_lettered", [])
    died = headgate.logs().count('"role.died"')
    assert died == 3, "it is given three chances"
    twice = Counter(each.messages[0] for each in upstream.requests("healthy-plain"))
    assert set(twice) == set(others)
    keys = {each.messages[0]: set[str]() for each in upstream.requests("healthy-plain")}
    for each in upstream.requests("healthy-plain"):
        keys[each.messages[0]].add(each.key)
    assert all(len(found) == 1 for found in keys.values()), "a repeat has the same key"
    tell(f"{died} deaths, {sum(twice.values()) - len(twice)} repeats")


def test_a_lost_answer_costs_one_repeat_with_the_same_key(
    headgate: Headgate, receiver: Receiver
) -> None:
    """The destination has done what it was asked to, and nobody hears of it: one in a hundred."""
    count, each = 400, 100
    steps = [RESET if number % each == each - 1 else OK for number in range(count)]
    receiver.script("/lossy", *steps, OK)
    headgate.apply(declaration(connection("lossy", receiver.url("/lossy"))))
    ids = send(headgate.ready.collect, fresh(count))
    drained(headgate, "lossy")
    requests = receiver.received("/lossy")
    lost = sum(not request.is_taken for request in requests)
    keys = Counter(request.key for request in requests)
    tell(f"{lost} answers lost, {len(requests) - len(keys)} repeats")
    assert lost == count // each
    assert (len(keys), len(requests)) == (count, count + lost)
    check(headgate, acknowledged=ids, taken={"lossy": receiver.taken("/lossy")})


@pytest.mark.full
@pytest.mark.timeout(420)
def test_a_rate_limit_is_learned(headgate: Headgate, upstream: Upstream) -> None:
    """Ten requests a second and 429 for more: 95 % of it gets through, with few refusals.

    After the first 429 the rate is a fifth lower, and a twentieth higher each half minute.
    """
    seconds, judged_seconds = 240, 90
    headgate.apply(declaration(connection("limited", upstream.urls["limited-plain"])))
    send(headgate.ready.collect, fresh(2 * MOST_A_SECOND * seconds))
    time.sleep(seconds)
    requests = upstream.requests("limited-plain")
    over = requests[-1].at
    late = [each for each in requests if each.at > over - judged_seconds]
    delivered = len({each.messages[0] for each in late})
    refused = 1 - delivered / len(late)
    begun = requests[0].at
    paces = Counter(int((each.at - begun) / PACE_SECONDS) for each in requests)
    told = " ".join(f"{paces[number] / PACE_SECONDS:.1f}" for number in sorted(paces))
    tell(f"{delivered / judged_seconds:.2f} a second, {refused:.1%} refused; requests/s {told}")
    headgate.apply(declaration(connection("limited", upstream.urls["healthy-plain"])))
    assert delivered / judged_seconds >= 0.95 * MOST_A_SECOND
    assert refused <= 0.05
