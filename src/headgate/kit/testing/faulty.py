"""Answers that a good day does not bring: refusals, overload, silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from headgate.kit.errors import TransportError
from headgate.kit.http.request import Response
from headgate.mapping.javascript import stringify

if TYPE_CHECKING:
    from headgate.kit.http.request import Request
    from headgate.kit.testing.recordings import Answer, Ending, Recording
    from headgate.kit.testing.recordings.player import Answering

WAIT: Final = 7
"""Seconds that an overloaded server asks for."""


class Failing(NamedTuple):
    """An answer, by the name it has in faults and waivers, and what must become of the event."""

    name: str
    ending: Ending
    status: int | None

    def answer(self) -> Answer:
        if self.status is None:
            return TransportError("Nothing came.", kind="timeout")
        headers = (("Retry-After", str(WAIT)),) if self.ending == "retry" else ()
        return Response(self.status, headers)

    def echo(self, request: Request) -> Answer:
        """The same, from a server that repeats all it was sent."""
        answer = self.answer()
        if isinstance(answer, TransportError):
            return answer
        said = f"{request.url} {request.headers} {request.body.decode('utf-8', 'replace')}"
        fields = ("code", "description", "detail", "error", "errors", "message", "title")
        body = stringify(dict.fromkeys(fields, said))
        return Response(answer.status, (*answer.headers, *_JSON), body)


_JSON: Final = (("Content-Type", "application/json"),)

FAILING: Final = (
    Failing("400", "discard", 400),
    Failing("401", "disconnect", 401),
    Failing("403", "disconnect", 403),
    Failing("408", "retry", 408),
    Failing("423", "retry", 423),
    Failing("429", "retry", 429),
    Failing("500", "retry", 500),
    Failing("501", "discard", 501),
    Failing("503", "retry", 503),
    Failing("no answer", "retry", None),
)
"""What must become of an event whose request is answered so (`Http` sorts them like this)."""


def failing_at(
    recording: Recording, place: int, answer: Answer | Answering
) -> Sequence[Answer | Answering]:
    """The answers of a recording, one of them replaced."""
    answers: list[Answer | Answering] = [*recording.answers()]
    answers[place] = answer
    return answers


def each_failure(recording: Recording) -> Iterator[tuple[int, Failing]]:
    """Every failure, in every place of a recording."""
    for place in range(len(recording.exchanges)):
        for failing in FAILING:
            yield place, failing


def place_name(recording: Recording, place: int, failing: Failing) -> str:
    """Name a failure: `send/429`, and `send/2/429` where there are several exchanges."""
    number = f"/{place + 1}" if len(recording.exchanges) > 1 else ""
    return f"{recording.name}{number}/{failing.name}"
