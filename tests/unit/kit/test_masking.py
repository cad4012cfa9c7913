from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from headgate.kit import Destination, Fields, Request, Response, Settings, field
from headgate.kit.access import secret_values
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Exchange
from headgate.kit.masking import (
    LONGEST,
    MASK,
    is_secret_header,
    masked,
    sampled,
    secret_texts,
    without_secrets,
)

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


# where secrets are


class Key(Fields):
    name: str = field("Name")
    value: str = field("Value", secret=True, key="keyValue")


class Account(Settings):
    region: str = field("Region")
    url: str | None = field("URL", secret=True)
    pin: int | None = field("PIN", secret=True)
    headers: dict[str, object] | None = field("Headers", secret=True)
    keys: list[Key] | None = field("Keys")


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ({"url": "https://a.test/x"}, {"https://a.test/x"}),
        ({"url": ["https://a.test/x"]}, {"https://a.test/x"}),
        ({"pin": 12345.0}, {"12345.0", "12345"}),
        ({"headers": {"a": {"b": ["deep", 7777]}}}, {"deep", "7777"}),
        ({"keys": [{"name": "n", "keyValue": "one"}, {"keyValue": "two"}]}, {"one", "two"}),
        ({"keys": {"keyValue": ["one"]}}, {"one"}),
        ({"region": "eu", "url": None, "keys": "none"}, set()),
        ([{"url": "x"}], {"x"}),
        (None, set()),
    ],
)
def test_every_text_in_a_secret_field_is_a_secret(values: object, texts: set[str]) -> None:
    assert set(secret_texts(Account, values)) == texts


def test_settings_have_the_secrets_that_their_shape_hides() -> None:
    destination = Destination("Bench", settings=Account, docs="https://example.com")
    given = {"url": ["https://a.test/x"], "keys": [{"keyValue": "one"}]}
    assert set(secret_values(destination, given)) == {"https://a.test/x", "one"}


def test_values_can_be_shown_without_their_secrets() -> None:
    given = {"region": "eu", "url": "u", "pin": None, "keys": [{"name": "n", "keyValue": "v"}, 1]}
    shown = {"region": "eu", "url": MASK, "pin": None, "keys": [{"name": "n", "keyValue": MASK}, 1]}
    assert without_secrets(Account, given) == shown
    assert given["url"] == "u"
    assert without_secrets(Account, "text") == "text"


def test_half_a_surrogate_pair_is_masked_like_any_text() -> None:
    assert masked("a canary\ud800 b", ["canary\ud800"]) == "a *** b"


def test_a_secret_address_is_masked_whole_and_before_its_query() -> None:
    secret = "https://hooks.test/T1/canary?key=1"  # noqa: S105
    for sent in (secret, f"{secret}&more=2", "https://hooks.test/T1/canary?more=2"):
        request, _ = sampled([Exchange(Request("POST", sent), Response(200))], [secret])
        assert request == b"POST ***\n\n"
    assert masked("https://a.test/ok", ["https://a.test/?key=1"]) == "https://a.test/ok"


def test_names_and_passwords_in_an_address_are_not_shown() -> None:
    request = Request("GET", "https://ann:can%40ary@a.test/list?x=1")
    answer = Response(401, (), b"ann:can%40ary has no right with can@ary")
    sent, came = sampled([Exchange(request, answer)], [])
    assert sent == b"GET https://a.test/list\n\n"
    assert came == b"401\n\n*** has no right with ***"


def test_credentials_of_earlier_requests_are_hidden_too() -> None:
    first = Request("GET", "https://a.test/", (("Authorization", "Bearer first-token"),))
    last = Exchange(Request("GET", "https://a.test/"), Response(200, (), b"was first-token"))
    assert sampled([Exchange(first, Response(401)), last], [])[1] == b"200\n\nwas ***"


def test_a_body_of_text_is_shown_as_one_of_bytes() -> None:
    body: Any = "a canary"
    request = Request("POST", "https://a.test/", (), body)
    assert sampled([Exchange(request, Response(200))], ["canary"])[0] == (
        b"POST https://a.test/\n\na ***"
    )
