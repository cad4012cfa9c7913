"""Samples are not random: who asks again gets the same answer."""

from __future__ import annotations

import math
from typing import Any

import pytest

from headgate.route.sampling import share
from tests.unit.route.events import ORDER, decided, filter_

MANY = 20_000


def sample(percent: float, path: str | None = None, title: str = "Some") -> Any:
    return filter_(title, "all", {"type": "SAMPLE", "percent": percent, "path": path})


def kept(filter: Any, **fields: Any) -> bool:  # noqa: A002
    return decided({**ORDER, **fields}, filters=[filter]).rule == ""


@pytest.mark.parametrize("percent", [0.01, 0.1, 0.5, 0.9])
def test_a_sample_has_the_share_it_is_to_have(percent: float) -> None:
    found = sum(share("flt_1", f"user-{n}") < percent for n in range(MANY))
    deviation = math.sqrt(MANY * percent * (1 - percent))
    assert abs(found - MANY * percent) < 5 * deviation


def test_samples_of_two_filters_are_two_samples() -> None:
    both = sum(share("a", n) < 0.5 and share("b", n) < 0.5 for n in range(MANY))
    assert abs(both - MANY / 4) < 5 * math.sqrt(MANY * 3 / 16)


def test_nothing_and_everything_are_samples_too() -> None:
    for n in range(100):
        assert not kept(sample(0), messageId=f"m-{n}")
        assert kept(sample(1), messageId=f"m-{n}")


def test_without_a_path_each_message_has_its_own_luck() -> None:
    half = sample(0.5)
    luck = [kept(half, messageId=f"m-{n}") for n in range(64)]
    assert {*luck} == {True, False}
    assert luck == [kept(half, messageId=f"m-{n}", userId=f"u-{n}") for n in range(64)]


def test_with_a_path_all_messages_of_a_value_share_their_luck() -> None:
    half = sample(0.5, "properties.account.id")
    luck = {
        account: {
            kept(half, messageId=f"m-{n}", properties={"account": {"id": account}})
            for n in range(8)
        }
        for account in range(64)
    }
    assert all(len(each) == 1 for each in luck.values())
    assert set().union(*luck.values()) == {True, False}


@pytest.mark.parametrize("properties", [None, {}, {"account": None}, {"account": [{"id": 1}]}, "x"])
def test_where_the_path_has_nothing_the_message_decides(properties: Any) -> None:
    half, by_path = sample(0.5), sample(0.5, "properties.account.id")
    for n in range(32):
        given = {"messageId": f"m-{n}", "properties": properties}
        assert kept(by_path, **given) == kept(half, **given)


@pytest.mark.parametrize(
    "value", [0, -1.5, 2**70, True, [], {"a": [None]}, "\ud800", "é", {"b": 1, "a": 2}]
)
def test_any_value_has_its_place(value: Any) -> None:
    assert 0 <= share("flt", value) < 1
    assert kept(sample(1, "properties.v"), properties={"v": value})
    assert not kept(sample(0, "properties.v"), properties={"v": value})


def test_a_number_is_one_value_however_it_is_written_and_no_text() -> None:
    assert share("flt", 1) == share("flt", 1.0)
    assert share("flt", 1) != share("flt", "1")
