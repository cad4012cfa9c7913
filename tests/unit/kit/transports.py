"""Transports for tests: they answer from a list and keep what was sent."""

from __future__ import annotations

from headgate.kit import Request, Response
from headgate.kit.errors import TransportError


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
