from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.faults.answered import (
    check_accepted,
    check_goodput,
    check_kept,
    check_refusals,
    compared,
    told,
)
from tests.faults.offered import Load, Offered, Offering
from tests.faults.watched import Memory
from tests.harness.declarations import declaration, source
from tests.harness.fixtures import judged, tell
from tests.harness.receiver import until
from tests.harness.system import Headgate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.alone

CAP = 300
"""Events a second."""
TIMES = 10
MOST_MEMORY = 256
"""MiB that all processes may hold more (reliability R11)."""
NORMAL_SECONDS = 5.0
ORIGIN = "https://shop.example"
OTHER = "wk_other"
FLOODING, QUIET, PROXY = "127.0.0.2", "127.0.0.3", "127.0.0.4"
CLIENT, ANOTHER = "198.51.100.1", "198.51.100.2"
"""Whom a proxy names."""


@pytest.fixture(scope="module")
def offering() -> Iterator[Offering]:
    with Offering(5) as processes:
        yield processes


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Headgate]:
    """One without limits that is left alone, to compare others with."""
    with limited(tmp_path_factory.mktemp("twin")) as headgate:
        yield headgate


@contextmanager
def limited(folder: Path, **limits: object) -> Iterator[Headgate]:
    """A Headgate of two sources with limits, such as `collect_rate=300`."""
    environ = {f"HEADGATE_{name.upper()}": str(limit) for name, limit in limits.items()}
    with judged(Headgate(folder, environ=environ)) as headgate:
        headgate.apply(declaration(sources=[source(), source("other", OTHER)]))
        yield headgate


def forwarded_for(address: str) -> tuple[tuple[str, str], ...]:
    return (("X-Forwarded-For", address),)


@pytest.mark.parametrize("seconds", [20, pytest.param(600, marks=pytest.mark.full)])
@pytest.mark.timeout(2400)
def test_ten_times_the_load_leaves_what_is_accepted_as_much_and_as_fast(
    tmp_path: Path, offering: Offering, twin: Headgate, seconds: int
) -> None:
    offers = list[Offered]()
    with limited(tmp_path, collect_rate=CAP) as headgate:
        load = Load(headgate.ready.collect, TIMES * CAP, seconds)
        normal = load._replace(rate=0.9 * CAP, seconds=1)

        def measure() -> tuple[Offered, Offered]:
            alone, troubled = offering(
                normal._replace(url=twin.ready.collect, seconds=seconds), load
            )
            check_goodput(troubled, CAP)
            check_refusals(troubled, 503, "unavailable")
            offers.append(troubled)
            until(is_normal, NORMAL_SECONDS, "an end of refusals")
            return alone, troubled

        def is_normal() -> bool:
            offers.extend(offering(normal))
            return offers[-1].statuses().keys() == {200}

        with Memory(headgate) as memory:
            alone, troubled = compared(measure, 3)
        assert memory.grown <= MOST_MEMORY
        kept = check_kept(headgate, offers)
    tell(
        f"at the cap {told(alone)}; {TIMES} times as much for {seconds} s: {told(troubled)};"
        f" {memory.grown:.0f} MiB more, {kept} kept"
    )


def test_without_limits_all_of_it_is_taken(offering: Offering, twin: Headgate) -> None:
    """The control: what refuses elsewhere is the limit, not a machine that cannot do more."""
    [offered] = offering(Load(twin.ready.collect, TIMES * CAP, 2))
    check_accepted(offered)
    with pytest.raises(AssertionError):
        check_goodput(offered, CAP)
    with pytest.raises(AssertionError):
        check_refusals(offered, 503, "unavailable")
    tell(told(offered))


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.full)])
@pytest.mark.timeout(400)
def test_a_source_that_floods_slows_no_other(
    tmp_path: Path, offering: Offering, twin: Headgate, seconds: int
) -> None:
    rate, floods = 200, list[Offered]()
    with limited(tmp_path, source_rate=rate) as headgate:
        flood = Load(headgate.ready.collect, TIMES * rate, seconds, headers=(("Origin", ORIGIN),))
        quiet = flood._replace(rate=0.9 * rate, key=OTHER)

        def measure() -> tuple[Offered, Offered]:
            alone, troubled, flooded = offering(
                quiet._replace(url=twin.ready.collect), quiet, flood
            )
            check_accepted(troubled)
            check_goodput(flooded, rate)
            check_refusals(flooded, 429, "too_many_requests")
            floods.append(flooded)
            return alone, troubled

        alone, troubled = compared(measure, 1.5)
        for answer in floods[-1].answers:
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert answer.headers["access-control-expose-headers"] == "Retry-After"
    tell(f"alone {told(alone)}, beside a flood: {told(troubled)}; flood: {told(floods[-1])}")


@pytest.mark.parametrize("seconds", [5, pytest.param(60, marks=pytest.mark.full)])
@pytest.mark.timeout(400)
def test_an_address_that_floods_slows_no_other_whoever_it_claims_to_be(
    tmp_path: Path, offering: Offering, twin: Headgate, seconds: int
) -> None:
    """Behind a trusted proxy, addresses are those it names; anybody else's word is nothing."""
    rate, floods = 100, list[Offered]()
    with limited(tmp_path, address_rate=rate, trusted_proxies=f"{PROXY}/32") as headgate:
        flood = Load(headgate.ready.collect, TIMES * rate, seconds, address=FLOODING)
        quiet = flood._replace(rate=0.9 * rate, address=QUIET)

        def measure() -> tuple[Offered, Offered]:
            alone, direct, proxied, flooded, proxied_flooded = offering(
                quiet._replace(url=twin.ready.collect),
                quiet._replace(headers=forwarded_for(CLIENT)),
                quiet._replace(headers=forwarded_for(ANOTHER), address=PROXY),
                flood._replace(headers=forwarded_for(ANOTHER)),
                flood._replace(headers=forwarded_for(CLIENT), address=PROXY),
            )
            check_accepted(direct, proxied)
            for each in (flooded, proxied_flooded):
                check_goodput(each, rate)
                check_refusals(each, 429, "too_many_requests")
            floods[:] = flooded, proxied_flooded
            return alone, max(direct, proxied, key=Offered.p99)

        alone, troubled = compared(measure, 1.5)
    tell(
        f"alone {told(alone)}, beside floods: {told(troubled)};"
        f" floods: {'; '.join(map(told, floods))}"
    )
