"""Destinations that try an installation: with poison, with batches, with access that expires."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import field_validator

from headgate.kit import (
    BatchResult,
    Destination,
    Discard,
    Http,
    ItemResult,
    OAuth2,
    Payload,
    Response,
    Retry,
    Settings,
    field,
    path,
)

S = TypeVar("S", bound="Place")


class Place(Settings):
    url: str = field("URL", "Where to send.")


class Message(Payload):
    message_id: str = field("Id", "Its own.", key="messageId", mapping=path("$.messageId"))
    deadly: bool = field("Deadly", "Whether it kills.", default=False)

    @field_validator("deadly")
    @classmethod
    def _kills(cls, value: bool) -> bool:  # noqa: FBT001 - pydantic's signature
        if value:
            os.kill(os.getpid(), signal.SIGKILL)
        return value


def _made(name: str, auth: OAuth2 | None = None) -> Destination[Place]:
    made = Destination(
        name,
        settings=Place,
        docs="https://docs.example.com/",
        description="For tests.",
        auth=auth,
    )
    action = made.action("Send", slug="send", trigger='type = "track"')(_send)
    action.batch(up_to=100)(_send_all)
    return made


async def _send(http: Http, message: Message, place: Place) -> Response:
    return await http.post(place.url, json={"messageId": message.message_id})


async def _send_all(http: Http, messages: Sequence[Message], place: Place) -> BatchResult:
    sent = [{"messageId": message.message_id} for message in messages]
    response = await http.post(place.url, json=sent)
    answer: Any = response.json()
    return [_result(response, status) for status in answer["statuses"]]


def _result(response: Response, status: int) -> ItemResult:
    if status == 429:
        return Retry("Slower, please.", status=status)
    return response if status < 400 else Discard("It is refused.", status=status)


def _oauth(token: str) -> OAuth2:
    return OAuth2(authorize="https://docs.example.com/authorize", token=os.environ[token])


items = _made("Items")
renewing = _made("Renewing", _oauth("RENEWING_TOKENS"))
revoked = _made("Revoked", _oauth("REVOKED_TOKENS"))
