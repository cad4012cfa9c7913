"""A destination in trouble costs its own connection, and no other one."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.faults.upstream import endpoints
from tests.faults.upstream.lines import LINES
from tests.faults.upstream.upstream import Upstream
from tests.harness.checks import check
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import judged, tell
from tests.harness.receiver import HANG, Receiver, slow, until
from tests.harness.sending import fresh, send
from tests.harness.system import Headgate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness.fixtures import Start
    from tests.harness.receiver import Received

pytestmark = pytest.mark.alone

WELL, IN_TROUBLE = 15, 5
EVENTS, FEW_EVENTS = 120, 40
LOWEST_RATIO = 0.95
REPEATS = 2
"""How often a ratio below that may be measured again: another process may have had the machine."""
LOOK_SECONDS = 0.1
ANSWER_SECONDS = 0.05
SLOTS = {"HEADGATE_SLOTS": "4", "HEADGATE_SLOTS_START": "4"}
"""Slow answers and few slots: the pace is set by the gate, not by what else this machine does."""
KINDS = {
    "hang": "uf-accept-silent-plain",
    "black hole": "black-hole-plain",
    "dead name": "uf-dns-slow-tls",
}
OTHER_KINDS = [
    end.slug
    for line in LINES
    if line.group == "transport"
    for end in endpoints.of(line)
    if end.slug not in KINDS.values()
]


class Side(NamedTuple):
    """One of two Headgates that are measured in turn; `name` begins its paths."""

    name: str
    headgate: Headgate
    receiver: Receiver
    sent: list[str]

    def path(self, number: int) -> str:
        return f"/{self.name}-{number}"

    @property
    def well(self) -> list[str]:
        """The paths of those that are always well."""
        return [self.path(number) for number in range(WELL)]

    def apply(self, *others: dict[str, Any]) -> None:
        sound = [self.connection(number) for number in range(WELL)]
        self.headgate.apply(declaration(*sound, *others), "--prune")

    def connection(self, number: int) -> dict[str, Any]:
        return connection(self.path(number)[1:], self.receiver.url(self.path(number)))

    def round(self) -> float:
        """Deliveries a second to those that are well, of some more events."""
        before = self._arrived()
        began = time.monotonic()
        self.sent.extend(send(self.headgate.ready.collect, fresh(EVENTS)))
        until(lambda: self._has(before, EVENTS), 60, f"{EVENTS} more for each of {self.name}")
        last = max(each.at for each in self.receiver.received() if each.path in self.well)
        return WELL * EVENTS / (last - began)

    def _has(self, before: Counter[str], more: int) -> bool:
        time.sleep(LOOK_SECONDS)
        now = self._arrived()
        return all(now[path] >= before[path] + more for path in self.well)

    def _arrived(self) -> Counter[str]:
        return Counter(each.path for each in self.receiver.received())


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    with Upstream(tmp_path_factory.mktemp("upstream")) as started:
        yield started


@pytest.fixture(scope="module")
def sides(
    upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Side, Side]]:
    """A Headgate whose 20 destinations are all well, and one of which five are going to fail."""
    folder = tmp_path_factory.mktemp("sides")
    environ = {**upstream.environ(), **SLOTS}
    with (
        Receiver(folder / "receiver", bodies=False) as receiver,
        judged(Headgate(folder / "clean", environ=environ)) as clean,
        judged(Headgate(folder / "sick", environ=environ)) as sick,
    ):
        made = Side("clean", clean, receiver, []), Side("sick", sick, receiver, [])
        for side in made:
            for number in range(WELL + IN_TROUBLE):
                receiver.script(side.path(number), slow(ANSWER_SECONDS))
        made[0].apply(*(made[0].connection(WELL + number) for number in range(IN_TROUBLE)))
        yield made
        upstream.kill()
        receiver.kill()


@pytest.mark.parametrize("kind", KINDS)
def test_five_of_twenty_in_trouble_slow_down_nobody_else(
    sides: tuple[Side, Side], upstream: Upstream, kind: str
) -> None:
    measure(*sides, upstream, KINDS[kind])


@pytest.mark.full
@pytest.mark.parametrize("slug", OTHER_KINDS)
def test_no_kind_of_trouble_slows_down_anybody_else(
    sides: tuple[Side, Side], upstream: Upstream, slug: str
) -> None:
    measure(*sides, upstream, slug)


def measure(clean: Side, sick: Side, upstream: Upstream, slug: str) -> None:
    """Both in turn; what is delivered is counted exactly."""
    troubled = [f"{slug}-{number}" for number in range(IN_TROUBLE)]
    sick.apply(*(connection(each, upstream.urls[slug]) for each in troubled))
    first, ratios = len(sick.sent), list[float]()
    while len(ratios) <= REPEATS and not any(each >= LOWEST_RATIO for each in ratios):
        usual = clean.round()
        ratios.append(sick.round() / usual)
    tell(f"{slug}: of {usual:.0f}/s, ratios {', '.join(f'{each:.2f}' for each in ratios)}")
    rows = check(sick.headgate, acknowledged=sick.sent, taken=_taken(sick)).rows
    for path in sick.well:
        assert rows[path[1:]].delivered == len(sick.sent)
    for each in troubled:
        assert rows[each].received == len(sick.sent) - first
    assert max(ratios) >= LOWEST_RATIO


def _taken(side: Side) -> dict[str, list[Received]]:
    return {path[1:]: side.receiver.taken(path) for path in side.well}


def test_a_hanging_subscription_slows_down_its_own_connection(
    start: Start, receiver: Receiver
) -> None:
    """The control: what shares a gate shares its fate, and the measure above would show it."""
    headgate = start(environ=SLOTS)
    for path in ("/healthy", "/hanging"):
        receiver.script(path, slow(ANSWER_SECONDS))
    urls = receiver.url("/healthy"), receiver.url("/hanging")
    headgate.apply(declaration(connection("both", *urls)))
    began = time.monotonic()
    send(headgate.ready.collect, fresh(FEW_EVENTS))
    receiver.wait(FEW_EVENTS, "/healthy")
    alone = max(each.at for each in receiver.taken("/healthy")) - began

    receiver.wait(FEW_EVENTS, "/hanging")
    receiver.script("/hanging", HANG)
    began = time.monotonic()
    send(headgate.ready.collect, fresh(FEW_EVENTS))
    time.sleep(max(0.0, began + alone / LOWEST_RATIO - time.monotonic()))
    arrived = len(receiver.taken("/healthy")) - FEW_EVENTS
    row = headgate.row("both")
    tell(f"{alone:.2f} s for {FEW_EVENTS}, then {arrived} in {alone / LOWEST_RATIO:.2f} s")
    receiver.kill()
    assert arrived < FEW_EVENTS
    assert (row.pending or 0) > 0
