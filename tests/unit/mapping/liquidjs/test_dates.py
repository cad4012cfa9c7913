from typing import Any

from headgate.mapping.liquidjs import compile as compile_liquid


def test_now_is_a_date() -> None:
    assert int(compile_liquid("{{ 'now' | date: '%Y' }}")({})) >= 2026


def test_sampling_gives_what_was_there() -> None:
    event: dict[str, Any] = {"list": ["a", "b", "c"]}
    assert compile_liquid("{{ list | sample }}")(event) in event["list"]
    many = compile_liquid("{{ list | sample: 5 }}")(event)
    assert sorted(many) == event["list"]
