"""A renewal of tokens that fails says what to do with the delivery, not with itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from headgate.kit import (
    Client,
    Destination,
    Disconnect,
    Http,
    OAuth2,
    Response,
    Retry,
    Settings,
    Tokens,
)
from headgate.kit.oauth import Refresher
from tests.unit.kit.engine import Answers

STALE, THEIRS = Tokens("old", "refresh-1"), Tokens("theirs", "refresh-9")
OAUTH = OAuth2(authorize="https://api.test/authorize", token="https://api.test/token")  # noqa: S106
CRM = Destination("CRM", settings=Settings, docs="https://example.com", auth=OAUTH)


@dataclass
class Store:
    """Gives one token after the other, the last one again and again; keeps none."""

    found: tuple[Tokens, ...] = (STALE,)

    async def read(self) -> Tokens:
        first, *others = self.found
        self.found = tuple(others) or (first,)
        return first

    async def replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        raise AssertionError((stale, fresh))


async def renewed(answer: Response, *found: Tokens) -> Tokens:
    refresher = Refresher(CRM, Client("client-1", "client-secret"), Store(found or (STALE,)))
    return await refresher.fresh(STALE, Http(Answers(answer), idempotency_key="key-1"))


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 422])
async def test_a_refused_renewal_is_a_delivery_that_was_refused(status: int) -> None:
    """`invalid_grant` comes with 400, for which the engine dead-lettered each event."""
    with pytest.raises(Disconnect, match="The access was not renewed: ") as caught:
        await renewed(Response(status))
    assert caught.value.status == 401


async def test_an_answer_without_a_token_is_a_refusal_too() -> None:
    with pytest.raises(Disconnect, match="not renewed: the answer holds no access_token") as caught:
        await renewed(Response(200, (), b"{}"))
    assert caught.value.status == 401


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (Response(429, (("Retry-After", "7"),)), 7.0),
        (Response(408), None),
        (Response(503), None),
        (Response(200, (), b"<html>"), None),
    ],
)
async def test_a_renewal_that_may_work_later_waits_as_long_as_it_was_asked_to(
    answer: Response, after: float | None
) -> None:
    with pytest.raises(Retry) as caught:
        await renewed(answer)
    assert (caught.value.status, caught.value.after) == (answer.status, after)


@pytest.mark.parametrize("status", [400, 503])
async def test_a_renewal_that_came_second_takes_the_tokens_of_the_first(status: int) -> None:
    """A refresh token is good once: the connection was held although good tokens were there."""
    assert await renewed(Response(status), STALE, THEIRS) == THEIRS
