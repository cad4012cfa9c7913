"""Forms, multipart bodies and addresses."""

from __future__ import annotations

from email.parser import BytesParser
from typing import Any

import pytest

from headgate.kit import Discard, File, Http, Request
from tests.unit.kit.engine import Answers


async def sent(**options: Any) -> Request:
    answers = Answers()
    await Http(answers, idempotency_key="k").post("https://api.test/x?a=1", **options)
    return answers.requests[0]


def header(request: Request, name: str) -> str:
    return dict(request.headers)[name]


async def test_a_form_repeats_lists_and_leaves_null_out() -> None:
    request = await sent(form={"a": "x y&", "n": 1.0, "t": True, "l": [1, None, "é"], "z": None})
    assert header(request, "Content-Type") == "application/x-www-form-urlencoded"
    assert request.body == b"a=x+y%26&n=1&t=true&l=1&l=%C3%A9"


async def test_parts_can_be_read_by_others() -> None:
    file = File('a"b\r\n.csv', b"\r\n--x\r\n", "text/csv")
    request = await sent(parts={"name": "Ada", "tags": ["x", "y"], "none": None, "file": file})
    head = f"Content-Type: {header(request, 'Content-Type')}\r\n\r\n".encode()
    message: Any = BytesParser().parsebytes(head + request.body)
    parts = [
        (p.get_param("name", header="content-disposition"), p.get_payload(decode=True))
        for p in message.get_payload()
    ]
    assert parts == [("name", b"Ada"), ("tags", b"x"), ("tags", b"y"), ("file", b"\r\n--x\r\n")]


async def test_the_same_parts_make_the_same_bytes() -> None:
    parts = {"a": "1", "f": File("x", b"y")}
    assert (await sent(parts=parts)).body == (await sent(parts=parts)).body


async def test_a_content_type_cannot_break_out_of_its_line() -> None:
    with pytest.raises(Discard, match="control character"):
        await sent(parts={"f": File("x", b"", "text/csv\r\nX: y")})


async def test_a_header_that_is_given_stands() -> None:
    request = await sent(json={}, headers={"Content-Type": "application/vnd.api+json"})
    assert header(request, "Content-Type") == "application/vnd.api+json"


async def test_credentials_are_headers() -> None:
    assert header(await sent(basic=("ü", "p:w")), "Authorization") == "Basic w7w6cDp3"
    assert header(await sent(bearer="t"), "Authorization") == "Bearer t"


async def test_what_is_carried_goes_with_every_request_and_the_call_wins() -> None:
    answers = Answers()
    http = Http(answers, idempotency_key="k", headers={"X": "1"})
    carrying = http.carrying(headers={"Y": "2"}, params={"p": "q"}, basic=("u", "p"), timeout=2)
    await carrying.carrying(headers={"Y": "3"}).get("https://api.test/", params={"r": 1})
    (request,) = answers.requests
    assert {"X": "1", "Y": "3"}.items() <= dict(request.headers).items()
    assert (request.url, request.timeout) == ("https://api.test/?p=q&r=1", 2)
    assert header(request, "Authorization") == "Basic dTpw"
    assert http.exchanges == carrying.exchanges
    assert len(http.exchanges) == 1
