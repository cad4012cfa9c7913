"""How an event ended, in one language for the originals and for ours."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from headgate.kit.errors import Discard
from headgate.kit.http import outcomes
from headgate.kit.http.request import Request, Response
from headgate.kit.testing.recordings.replay import ending
from tests.agreement.comparing import ABSENT, Found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.agreement.originals import Answer, Question

REFUSED: Final = "refused"
"""Discarded, and nothing was sent; so ends a check as well that does not pass."""
_ANYTHING: Final = Request("POST", "https://original.test/")


def of_original(question: Question, answer: Answer) -> tuple[str, ...]:
    """Say how each event ended at an original, as the statuses of its errors have it."""
    if answer.error is not None:
        return (_of_status(answer.error.status),) * question.count
    if question.events is None:
        return (ending(Response(200)),)
    return tuple(_of_status(each["status"]) for each in answer.result)


def _of_status(status: int | None) -> str:
    """Sort a status as ours are sorted; an error without any is a program's, and ends the event."""
    if status is None:
        return ending(Discard("The program failed."))
    answer = Response(status)
    return ending(outcomes.failure(_ANYTHING, answer, lambda: 0.0) or answer)


def told(question: Question, endings: Sequence[str], *, sent: bool) -> tuple[str, ...]:
    """Name what was discarded before anything was sent, and a check that did not pass."""
    if question.call == "testAuthentication":
        return tuple(each if each == ending(Response(200)) else REFUSED for each in endings)
    return tuple(REFUSED if each == "discard" and not sent else each for each in endings)


def differing(theirs: Sequence[str], ours: Sequence[str]) -> list[Found]:
    """Say where the endings of the same events differ."""
    pairs: Any = zip_longest(theirs, ours, fillvalue=ABSENT)
    return [
        Found(0, f"ending[{at}]" if len(theirs) > 1 else "ending", *pair)
        for at, pair in enumerate(pairs)
        if pair[0] != pair[1]
    ]
