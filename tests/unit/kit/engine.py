"""What the engine gives to `Http`, for tests: a transport, and an encoder that shares."""

from __future__ import annotations

from collections.abc import Callable

from headgate.kit import Request, Response
from headgate.kit.errors import TransportError
from headgate.mapping.javascript import stringify


class Answers:
    """Gives the answers in order, the last one for ever; raises those that are errors."""

    def __init__(self, *answers: Response | TransportError) -> None:
        self._answers = list(answers) or [Response(200)]
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, TransportError):
            raise answer
        return answer


def sharing(event: object) -> Callable[[object], bytes]:
    """An encoder that has the JSON of one object already, as the engine has the event's."""
    encoded = stringify(event)
    return lambda value: encoded if value is event else stringify(value)
