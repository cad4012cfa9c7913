"""Compatible mode and the original packages answer alike, asked what nobody has asked before.

Each run draws seeds of its own, which the counts at its end show; with `HEADGATE_SEED` set to one
of them the same questions are asked again. Nothing but its documented error may come out of a
language, nothing that it was given may change, and no single run may take 100 ms of CPU.
"""

from __future__ import annotations

import os
import time
from random import SystemRandom
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from headgate import mapping, trigger
from headgate.kit import validation
from tests.conformance.differential import LANGUAGES, LONGEST, ask, within_limits
from tests.harness.fixtures import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.oracle import Oracle

    Wrapper = Callable[[Any], Any]

pytestmark = [pytest.mark.node, pytest.mark.timeout(600)]  # most of it draws questions

FEW = 2_000
MANY = pytest.param(100_000, marks=[pytest.mark.full, pytest.mark.timeout(7200)])


@pytest.fixture
def drawn() -> int:
    """A seed, new in each run unless one is set."""
    return int(os.environ.get("HEADGATE_SEED", "0")) or SystemRandom().randrange(1, 1 << 32)


@pytest.mark.parametrize("pairs", [FEW, MANY])
@pytest.mark.parametrize("name", LANGUAGES)
def test_headgate_answers_as_the_original_does(
    oracle: Oracle, name: str, pairs: int, drawn: int
) -> None:
    tell(f"seed {drawn}")
    asked = ask(oracle, LANGUAGES[name], pairs, drawn)
    tell(f"{asked:,} pairs")
    assert asked >= pairs


def without_empty_texts(mapper: Callable[[Any], Any]) -> Wrapper:
    def wrong(event: Any) -> Any:
        result = mapper(event)
        return {k: v for k, v in result.items() if v != ""} if type(result) is dict else result

    return wrong


def blind_to_nulls(compiled: Any) -> Any:
    def wrong(event: Any) -> bool:
        return None not in event.values() and compiled.matches(event)

    return SimpleNamespace(matches=wrong)


def content_with_all(_: Any) -> Wrapper:
    return lambda payload, **_: SimpleNamespace(payload=payload, problems=())


WRONG = {
    "mapping": (mapping, without_empty_texts),
    "liquid": (mapping, without_empty_texts),
    "trigger": (trigger, blind_to_nulls),
    "fields": (validation, content_with_all),
}


def replace_compile(name: str, monkeypatch: pytest.MonkeyPatch, wrap: Wrapper) -> None:
    language, compile_right = WRONG[name][0], WRONG[name][0].compile
    monkeypatch.setattr(language, "compile", lambda *given: wrap(compile_right(*given)))


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_wrong_implementation_is_caught(
    oracle: Oracle, name: str, drawn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_compile(name, monkeypatch, WRONG[name][1])
    with pytest.raises(AssertionError, match="the original"):
        ask(oracle, LANGUAGES[name], FEW, drawn, shrink=False)


def test_an_error_that_is_not_documented_is_caught(
    oracle: Oracle, drawn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_compile("mapping", monkeypatch, lambda _: {}.__getitem__)
    with pytest.raises((KeyError, TypeError)):
        ask(oracle, LANGUAGES["mapping"], FEW, drawn, shrink=False)


def test_a_change_of_what_was_given_is_caught(
    oracle: Oracle, drawn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(mapper: Wrapper) -> Wrapper:
        def wrong(event: dict[str, Any]) -> Any:
            result = mapper(event)
            event["seen"] = True
            return result

        return wrong

    replace_compile("mapping", monkeypatch, careless)
    with pytest.raises(AssertionError, match="has changed"):
        ask(oracle, LANGUAGES["mapping"], FEW, drawn, shrink=False)


def spend(*seconds: float) -> Callable[[], None]:
    """Something that takes that much CPU, the next number at each call."""
    costs = iter(seconds)

    def run() -> None:
        until = time.process_time() + next(costs)
        while time.process_time() < until:
            pass

    return run


def test_one_slow_run_is_forgiven_and_a_second_is_not() -> None:
    within_limits(spend(LONGEST * 1.2, 0))
    with pytest.raises(AssertionError, match="s of CPU"):
        within_limits(spend(LONGEST * 1.2, LONGEST * 1.2))
