from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from headgate.deliver.transport.dialer import Dialer, Plan
from headgate.deliver.transport.egress import Egress
from headgate.deliver.transport.resolver import Resolver
from headgate.kit.errors import TransportError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_plan_begins_with_the_address_that_did_not_fail() -> None:
    plan = Plan(("a", "b", "c"), 0)
    plan.failed("a")
    assert plan.order() == ("b", "c", "a")
    plan.failed("a")
    assert plan.order() == ("b", "c", "a")
    plan.failed("b")
    plan.failed("c")
    assert plan.order() == ("a", "b", "c")


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_plan_holds_as_long_as_the_answer_it_was_made_from(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("10.0.0.1 a.test\n")
    clock = Time()
    egress = Egress([ip_network("10.0.0.0/8")])
    dialer = Dialer(egress, Resolver(hosts=hosts, now=clock), now=clock)
    origin = egress.check_url("http://a.test:9000/").origin
    assert dialer.known(origin) is None
    plan = await dialer.find(origin, 1)
    assert plan.addresses == ("10.0.0.1",)
    assert dialer.known(origin) is plan
    hosts.write_text("127.0.0.1 a.test  # turned inwards\n")
    clock.now += 1.1
    assert dialer.known(origin) is None
    with pytest.raises(TransportError, match="loopback"):
        await dialer.find(origin, 1)
    assert dialer.known(origin) is None


async def test_an_address_needs_no_resolver() -> None:
    egress = Egress()
    dialer = Dialer(egress, Resolver())
    origin = egress.check_url("https://8.8.8.8/").origin
    assert (await dialer.find(origin, 0)).addresses == ("8.8.8.8",)
