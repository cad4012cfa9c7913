"""Whatever is sent to /token is refused in words, and breaks nothing."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.collect.oauth.assertions import check_claims, read_assertion
from headgate.collect.oauth.issuing import audiences
from headgate.collect.oauth.refused import Refused
from headgate.collect.oauth.token_request import read_token_request
from tests.harness.assertions import claims, encoded, raw_form
from tests.unit.collect.oauth.setting import NOW
from tests.unit.store.snapshots import JSON

if TYPE_CHECKING:
    from collections.abc import Mapping

HOST = "http://a"
GOOD: dict[str, Any] = {"alg": "RS256", "kid": "k1"}
NUMBERS = st.floats(allow_nan=True) | st.integers() | st.just(10**400)


def asked(header: Any, of: Any) -> None:
    parts = (encoded(json.dumps(part).encode()) for part in (header, of))
    assertion = read_assertion(".".join([*parts, "AAAA"]))
    check_claims(assertion.claims, audiences("", b"a"), NOW)


def made(changes: Mapping[str, Any] = {}) -> dict[str, Any]:
    return {**claims("backend", HOST, now=NOW), **changes}


def test_the_control_is_in_order() -> None:
    asked(GOOD, made())


@given(st.binary(max_size=300))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        read_token_request(body, b"")


@given(st.binary(max_size=100), st.integers(0, 2_000))
def test_a_form_with_something_in_its_middle_is_read_or_refused(piece: bytes, at: int) -> None:
    form = raw_form("x.y.z" * 300)
    with suppress(Refused):
        read_token_request(form[:at] + piece + form[at:], b"")


@given(st.text(max_size=200) | st.text("AQeyJ._-", max_size=200))
def test_any_text_is_an_assertion_or_refused(text: str) -> None:
    with suppress(Refused):
        read_assertion(text)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ", "x"]), JSON))
def test_any_header_is_taken_or_refused(changes: dict[str, Any]) -> None:
    with suppress(Refused):
        asked({**GOOD, **changes}, made())


@given(st.dictionaries(st.sampled_from(["sub", "aud", "jti", "iss", "x"]), JSON), NUMBERS, NUMBERS)
def test_any_claims_are_taken_or_refused(changes: dict[str, Any], iat: Any, exp: Any) -> None:
    with suppress(Refused):
        asked(GOOD, made({**changes, "iat": iat, "exp": exp}))


@given(NUMBERS)
def test_no_number_stands_for_a_time_that_is_not_now(moment: Any) -> None:
    """Neither infinity nor what is no number passes for it."""
    if not NOW - 10 < moment <= NOW + 70:
        with pytest.raises(Refused):
            asked(GOOD, made({"exp": moment}))


@pytest.mark.parametrize("part", [0, 1])
def test_what_is_nested_too_deep_is_refused(part: int) -> None:
    deep = '{"alg": "RS256", "kid": "k1", "x": ' + "[" * 11_000
    parts = [encoded(json.dumps(each).encode()) for each in (GOOD, made())]
    parts[part] = encoded(deep.encode())
    with pytest.raises(Refused, match="client_assertion: "):
        read_assertion(".".join([*parts, "AAAA"]))
