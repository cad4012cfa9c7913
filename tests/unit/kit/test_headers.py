from __future__ import annotations

import pytest

from headgate.kit import Discard, Http
from headgate.kit.http import headers
from tests.unit.kit.engine import Answers

URL = "https://example.com/"


async def refusal(headers: dict[str, str]) -> str:
    transport = Answers()
    with pytest.raises(Discard) as caught:
        await Http(transport, idempotency_key="k").get(URL, headers=headers)
    assert transport.requests == []
    return str(caught.value)


@pytest.mark.parametrize(
    "value",
    ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x00b", "a\x7fb", "\x1b[0m", "Łukasz", "😀", "\ud800"],
)
async def test_a_value_that_breaks_its_line_is_discarded_and_not_shown(value: str) -> None:
    assert await refusal({"X-Ok": "fine", "X-Name": f"s3cret{value}"}) == (
        "The header X-Name holds a control character or one outside Latin-1."
    )


@pytest.mark.parametrize(
    "name", ["X Y", "X\r\nY", "X:Y", "X\x00", "", "Größe", "X\u00a0", "(x)", "X\n", "名"]
)
async def test_a_name_that_is_no_token_is_discarded(name: str) -> None:
    assert "cannot be the name of a header" in await refusal({"X-Ok": "fine", name: "x"})


async def test_names_have_a_length_that_may_be_remembered() -> None:
    """Names are cached: 4096 of a megabyte each, from events, filled the memory."""
    before = headers._known.cache_info().currsize
    assert await refusal({"x" * 257: "1"}) == (
        "The name of a header has 257 characters: use 256 or fewer."
    )
    assert headers._known.cache_info().currsize == before
    await Http(Answers(), idempotency_key="k").get(URL, headers={"x" * 256: "1"})


@pytest.mark.parametrize(
    "name", ["Content-Length", "transfer-encoding", "HOST", "Connection", "Expect", "TE", "Upgrade"]
)
async def test_a_header_that_frames_the_request_is_discarded(name: str) -> None:
    assert await refusal({name: "1"}) == (
        f"The header {name} is set by Headgate itself: leave it out."
    )


@pytest.mark.parametrize("value", ["", "plain", "tab\there", "é", "ÿ", 'a, b; c="d"', " x "])
async def test_any_other_value_is_sent_as_it_is(value: str) -> None:
    transport = Answers()
    await Http(transport, idempotency_key="k").get(URL, headers={"X-Name": value})
    assert ("X-Name", value) in transport.requests[0].headers


async def test_an_idempotency_key_is_checked_like_any_header() -> None:
    with pytest.raises(Discard, match="Idempotency-Key"):
        await Http(Answers(), idempotency_key="a\r\nb").get(URL)
