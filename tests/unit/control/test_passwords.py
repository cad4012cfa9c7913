"""Passwords: how they are kept, and compared."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import TYPE_CHECKING

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type

from headgate.control.access import passwords
from headgate.control.access.passwords import hashed, is_right
from headgate.control.errors import Invalid
from tests.harness.fixtures import tell

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "chosen",
    [
        "correct horse",
        "nul\0inside\0it",
        "\N{GRINNING FACE}" * 8,
        " spaces around ",
        "x" * 100,
        "e" * 4096,
        "\N{GRINNING FACE}" * 1024,
        "caf\N{LATIN SMALL LETTER E WITH ACUTE}-latte",
    ],
)
def test_every_character_counts(chosen: str) -> None:
    kept = hashed(chosen)
    assert chosen not in kept
    assert is_right(kept, chosen)
    for other in (chosen[:-1], f"{chosen}!", chosen.swapcase() + "\0", f" {chosen}"):
        assert not is_right(kept, other)


def test_nothing_is_normalised() -> None:
    composed = "caf\N{LATIN SMALL LETTER E WITH ACUTE} latte"
    combining = "cafe\N{COMBINING ACUTE ACCENT} latte"
    assert not is_right(hashed(composed), combining)


@pytest.mark.parametrize(
    "chosen", ["", "1234567", "e" * 4097, "\N{GRINNING FACE}" * 1025, "a lone \udc80 half"]
)
def test_what_can_be_no_password_is_refused_before_anything_is_computed(
    chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = hashed("correct horse")
    monkeypatch.setattr(passwords, "_HASHER", None)
    with pytest.raises(Invalid, match="password"):
        hashed(chosen)
    if len(chosen) > 8:
        assert not is_right(kept, chosen)
        assert not is_right(None, chosen)


def test_the_hash_is_argon2id_with_the_parameters_that_are_documented() -> None:
    found = extract_parameters(hashed("correct horse"))
    assert found.type is Type.ID
    assert (found.memory_cost, found.time_cost, found.parallelism) == (19_456, 2, 1)
    assert (found.salt_len, found.hash_len) == (16, 32)
    assert hashed("correct horse") != hashed("correct horse"), "each has its own salt"
    assert extract_parameters(passwords._NOBODYS) == found


def test_nobody_is_let_in_where_there_is_no_password() -> None:
    assert not is_right(None, "correct horse")
    assert not is_right("no hash", "correct horse")


def test_it_takes_as_long_where_there_is_nobody() -> None:
    kept = hashed("correct horse")
    spans: dict[str, list[float]] = {"nobody": [], "wrong": []}
    for _ in range(15):
        spans["nobody"].append(timed(lambda: is_right(None, "another one")))
        spans["wrong"].append(timed(lambda: is_right(kept, "another one")))
    nobody, wrong = median(spans["nobody"]), median(spans["wrong"])
    tell(f"nobody {nobody * 1000:.1f} ms, wrong {wrong * 1000:.1f} ms")
    assert 0.5 < nobody / wrong < 2


def timed(asked: Callable[[], object]) -> float:
    """Seconds of this thread's own work: what the machine does besides does not count."""
    began = time.thread_time()
    asked()
    return time.thread_time() - began


def test_many_threads_at_once_get_their_own_answers() -> None:
    kept = [hashed(f"password {number}") for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: is_right(kept[n % 4], f"password {n % 4 + n // 20}"), range(40))
        )
    assert answers == [True] * 20 + [False] * 20
