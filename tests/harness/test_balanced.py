"""What a test started must balance at its end: a ledger that was tampered with is noticed."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from headgate.folder import DataFolder
from headgate.ledger.driver import open_writer
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import balanced, judge_rest
from tests.harness.receiver import Receiver
from tests.harness.sending import fresh, send
from tests.harness.system import Headgate, unjudged

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["balanced"]


def delivered(folder: Path) -> Headgate:
    """A Headgate that has delivered something and was stopped, or ended without a word."""
    headgate = Headgate(folder / "headgate")
    with Receiver(folder / "receiver") as receiver, headgate:
        headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
        send(headgate.ready.collect, fresh(10))
        receiver.wait(10, "/hook")
    return headgate


@pytest.mark.parametrize(
    "tampering", ["update tallies set n = n + 1", "update tallies set n = n - 1"]
)
def test_a_ledger_that_was_tampered_with_fails_the_teardown(tmp_path: Path, tampering: str) -> None:
    headgate = delivered(tmp_path)
    assert unjudged == [headgate]
    judge_rest()
    assert unjudged == []
    headgate.owes_balance()
    with closing(open_writer(DataFolder(headgate.data).ledger(0))) as file:
        file.execute(tampering)
    with pytest.raises(AssertionError, match="the ledger does not balance"):
        judge_rest()
    assert unjudged == [], "the next test is not blamed for it"


def test_what_still_runs_is_asked_when_it_has_ended(tmp_path: Path) -> None:
    headgate = Headgate(tmp_path)
    with headgate:
        judge_rest()
        assert unjudged == [headgate]
    judge_rest()
    assert unjudged == []
