from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from headgate.kit import Request, Response
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Exchange
from headgate.kit.masking import LONGEST, is_secret_header, masked, sampled

SECRET = 'p&ss "wörd"/7'  # noqa: S105 - one to look for


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_found_in_every_form_in_which_it_is_sent(form: str) -> None:
    text = masked(f"a={form}&b=1", [SECRET])
    assert "***" in text
    assert not any(part in text for part in ("ss", "rd", "7"))


def test_the_longest_secret_goes_first_and_short_ones_stay() -> None:
    assert masked("secret-long secret abc", ["secret", "secret-long", "abc"]) == "*** *** abc"
    assert masked("a secret", ["secret"], "redacted") == "a redacted"


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "X-Api-Key",
        "Set-Cookie",
        "X-Shopify-Access-Token",
        "X-Signature",
        "X-Segment-Settings",
    ],
)
def test_some_headers_are_secret_by_their_names(name: str) -> None:
    assert is_secret_header(name)


@pytest.mark.parametrize("name", ["Idempotency-Key", "Content-Type", "User-Agent"])
def test_others_are_not(name: str) -> None:
    assert not is_secret_header(name)


def test_a_sample_is_the_last_exchange_masked_and_cut() -> None:
    request = Request(
        "POST",
        "https://a.example/secret-1/x?key=secret-1",
        (("Authorization", "Bearer t"), ("X-A", "secret-1")),
        b'{"a":"secret-1"}' + b"x" * LONGEST,
    )
    answer = Response(400, (("X-Request", "7"),), b"no secret-1")
    sent, came = sampled([Exchange(request, answer)], ["secret-1"])
    assert sent
    head = b'POST https://a.example/***/x\nAuthorization: ***\nX-A: ***\n\n{"a":"***"}x'
    assert sent.startswith(head)
    assert len(sent) == LONGEST
    assert came == b"400\nX-Request: 7\n\nno ***"


def test_no_answer_is_told_by_its_kind() -> None:
    request = Request("GET", "https://a.example/")
    lost = Exchange(request, TransportError("no route for secret-1", kind="connect"))
    assert sampled([lost], ["secret-1"])[1] == b"connect: no route for ***"
    assert sampled([], []) == (None, None)


def test_an_answer_that_repeats_credentials_shows_none() -> None:
    basic = base64.b64encode(b"user:p4ssword").decode()
    request = Request("GET", "https://example.com/", (("Authorization", f"Basic {basic}"),))
    for body in (f'{{"you sent": "Basic {basic}"}}', f"bad credentials {basic}"):
        _, answer = sampled([Exchange(request, Response(401, (), body.encode()))], [])
        assert answer is not None
        assert basic.encode() not in answer
