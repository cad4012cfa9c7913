"""Ten thousand sources with five connections each are configured as quickly as ten."""

from __future__ import annotations

import statistics
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from sqlalchemy import insert, update

from headgate.folder import DataFolder
from headgate.presence import present
from headgate.store.database import open_store
from headgate.store.revision import raise_version
from headgate.store.tables import connections, numbers, sources, subscriptions, write_keys
from headgate.store.workspaces import Workspaces
from tests.harness.fixtures import judged, tell
from tests.harness.receiver import until
from tests.harness.system import Headgate
from tests.journeys.test_control import Client, is_taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FEW, MANY, EACH = 10, 10_000, 5
CALLS = 300
MOST_TIMES_SLOWER = 3.0
"""What a list and a get may take, at the 99th percentile, of what they take with few sources."""
IN_FORCE_SECONDS = 2.0


def furnish(data: Path, count: int) -> None:
    """Sources as people make them, with connections to where nobody listens."""
    with open_store(DataFolder(data)) as store, store.write() as transaction:
        ours = Workspaces(transaction).add("main").id
        made = {
            sources: [_source(number) for number in range(count)],
            write_keys: [_write_key(number) for number in range(count)],
            connections: [_connection(number) for number in range(count * EACH)],
            subscriptions: [_subscription(number) for number in range(count * EACH)],
        }
        for table, rows in made.items():
            of_ours = [{"workspace_id": ours, **row} for row in rows]
            transaction.connection.execute(insert(table), of_ours)
        for noun, last in (("source", count), ("connection", count * EACH)):
            known = update(numbers).where(numbers.c.noun == noun).values(last=last)
            transaction.connection.execute(known)
        raise_version(transaction)


def _source(number: int) -> dict[str, Any]:
    named = {"id": f"src_{number:020}", "number": number + 1, "slug": f"s{number}"}
    return {**named, "name": f"S {number}", "enabled": True, "answers": "strict", "labels": {}}


def _write_key(number: int) -> dict[str, Any]:
    return {"key": f"wk_{number:024}", "source": f"src_{number:020}"}


def _connection(number: int) -> dict[str, Any]:
    return {
        "id": f"con_{number:020}",
        "number": number + 1,
        "source": f"src_{number // EACH:020}",
        "slug": f"c{number}",
        "name": f"C {number}",
        "destination": "webhook",
        "enabled": True,
        "mode": "cloud",
        "ordering": "per_user",
        "settings": {},
        "filters": [],
        "consent": [],
        "start": {"0": 1},
    }


def _subscription(number: int) -> dict[str, Any]:
    return {
        "id": f"sub_{number:020}",
        "connection": f"con_{number:020}",
        "ordinal": 0,
        "name": "Everything",
        "action": "send",
        "enabled": True,
        "fql": "strict",
        "trigger": 'type = "track"',
        "mapping": {"url": "http://127.0.0.1:9/", "data": {"@path": "$."}},
    }


class Took(NamedTuple):
    """Milliseconds at the 99th percentile."""

    listing: float
    getting: float


def p99(call: Callable[[], Any]) -> float:
    taken = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        assert call().status == 200
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.quantiles(taken, n=100)[98]


def took(client: Client) -> Took:
    page = "pagination[count]=10"
    first = client("GET", f"/sources?{page}").data["sources"][0]["id"]
    return Took(
        p99(lambda: client("GET", f"/sources?{page}")),
        p99(lambda: client("GET", f"/sources/{first}")),
    )


def memory(headgate: Headgate) -> dict[str, float]:
    """MiB by role, as the kernel shares them out (PSS)."""
    found: dict[str, float] = {}
    for role, pids in headgate.ready.pids.items():
        for pid in pids:
            told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            kib = next(int(line.split()[1]) for line in told.splitlines() if "Pss:" in line)
            found[role] = round(found.get(role, 0) + kib / 1024, 1)
    return found


@pytest.mark.full
@pytest.mark.alone
@pytest.mark.timeout(900)
def test_ten_thousand_sources_are_configured_as_quickly_as_ten(tmp_path: Path) -> None:
    with furnished(tmp_path / "few", FEW) as few:
        before = took(Client(few))
        quick = in_force(few, Client(few))
    with furnished(tmp_path / "many", MANY) as many:
        tell(f"{MANY} sources x {EACH}, MiB after the start {memory(many)}")
        client = Client(many)
        after = took(client)
        changes = sorted(in_force(many, client) for _ in range(5))
        tell(f"in force after {changes} s (with {FEW} sources {quick} s), MiB {memory(many)}")
    ratio = Took(*(round(slow / fast, 2) for slow, fast in zip(after, before, strict=True)))
    tell(f"p99 in ms: {FEW} sources {before}, {MANY} sources {after}, ratio {ratio}")
    assert max(ratio) <= MOST_TIMES_SLOWER
    assert max(changes) <= IN_FORCE_SECONDS


@contextmanager
def furnished(folder: Path, count: int) -> Iterator[Headgate]:
    headgate = Headgate(folder, ready_seconds=120)
    furnish(headgate.data, count)
    begun = time.monotonic()
    with judged(headgate) as started:
        tell(f"{count} sources x {EACH}: ready after {time.monotonic() - begun:.1f} s")
        yield started


def in_force(headgate: Headgate, client: Client) -> float:
    """Seconds from asking for a source until every role has it."""
    kind = client("GET", "/catalog/sources").data["sourcesCatalog"][0]["id"]
    slug = f"new-{time.monotonic_ns()}"
    begun = time.monotonic()
    made = client("POST", "/sources", {"slug": slug, "enabled": True, "metadataId": kind})
    (key,) = made.data["source"]["writeKeys"]
    until(lambda: is_taken(headgate, key), 30, "the new write key")
    until(lambda: agrees(headgate), 30, "every role with the new snapshot")
    return round(time.monotonic() - begun, 2)


def agrees(headgate: Headgate) -> bool:
    """Whether deliver has the snapshot that collect has."""
    roles = present(DataFolder(headgate.data).run)
    return len({each.snapshot for each in roles if each.role in ("collect", "deliver")}) == 1
