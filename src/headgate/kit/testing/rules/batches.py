"""The rule that a batch says what its events would have said alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from headgate.kit.http.request import Response
from headgate.kit.testing.recordings import replay
from headgate.kit.testing.rule import Fault
from headgate.mapping.javascript import string

if TYPE_CHECKING:
    from headgate.kit.http.request import Request
    from headgate.kit.testing.recordings import Recording
    from headgate.kit.testing.recordings.player import Answer
    from headgate.kit.testing.rule import Faults
    from headgate.kit.testing.subject import Subject

_MANY: Final = 16
_ACCEPTED: Final = Response(200, (("Content-Type", "application/json"),), b"{}")


async def batches_say_the_same(subject: Subject) -> Faults:
    """Every value that an event sends alone is somewhere in the requests of the batch."""
    for slug in subject.destination.actions:
        for recording in subject.of(slug, batches=True):
            together = await replay(subject.destination, recording)
            said = {leaf for request in together.requests for leaf in leaves(request)}
            for number, event in enumerate(recording.events or (), 1):
                alone = msgspec.structs.replace(recording, events=None, event=event, results=None)
                run = await replay(subject.destination, alone, _answers(subject, alone))
                wanted = [leaf for request in run.requests for leaf in leaves(request)]
                if missing := sorted({leaf for leaf in wanted if leaf not in said}):
                    shown = ", ".join(missing)
                    message = f"event {number} alone also says {shown}, which the batch does not"
                    yield Fault(recording.name, message)


def _answers(subject: Subject, recording: Recording) -> Sequence[Answer]:
    """What single events are answered: as recorded for one, else that all is well."""
    recorded = next((each for each in subject.of(recording.action)), None)
    return [*(recorded.answers() if recorded else ()), *(_ACCEPTED,) * _MANY]


def leaves(request: Request) -> Iterator[str]:
    """The values in the body and in the query, without their places."""
    yield from (value for _, value in parse_qsl(urlsplit(request.url).query))
    text = request.body.decode("utf-8", "replace")
    try:
        yield from _leaves(json.loads(text))
    except ValueError:
        yield from _written(text)


def _written(text: str) -> Iterator[str]:
    """Values in lines of JSON, or in a form."""
    try:
        for line in filter(None, text.splitlines()):
            yield from _leaves(json.loads(line))
    except ValueError:
        for _, value in parse_qsl(text):
            try:
                yield from _leaves(json.loads(value))
            except ValueError:
                yield unquote(value)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield string(value)
