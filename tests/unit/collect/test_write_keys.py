"""Whose events these are: every place where a client may put its write key."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.collect.answers import KEYS_DIFFER, UNKNOWN_SOURCE
from headgate.collect.heads import Head, read_head
from headgate.collect.write_keys import WriteKeys, key_in, key_in_query
from headgate.store.snapshot import Snapshot
from tests.unit.collect.peer import bare
from tests.unit.store.snapshots import source


def encoded(text: str | bytes) -> str:
    raw = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(raw).decode()


def key(path: str = "/v1/track", headers: str = "", method: str = "POST") -> str | None:
    head = read_head(bare(method, path, headers))
    assert isinstance(head, Head)
    return head.key


@given(st.text(min_size=1).filter(lambda text: ":" not in text))
def test_the_user_name_of_basic_is_the_key(name: str) -> None:
    for credentials in (name, f"{name}:", f"{name}:password", f"{name}:a:b"):
        assert key_in(f"Basic {encoded(credentials)}".encode()) == name


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic ",
        "Basic :",
        f"Basic {encoded(':password')}",
        "Basic /zo=",
        "Basic d2s",
        "Basic d2s6!",
        "Basic d2 s6",
        "Basic é",
        f"Bearer {encoded('wk:')}",
        f"Basic{encoded('wk:')}",
    ],
)
def test_what_is_no_basic_authentication_names_no_key(authorization: str) -> None:
    assert key_in(authorization.encode()) is None


def test_the_scheme_is_read_in_any_case() -> None:
    assert key_in(f"bASIC  {encoded('wk:')} ".encode()) == "wk"


def test_each_place_of_a_head_names_a_key() -> None:
    basic = f"Authorization: Basic {encoded('basic:')}\r\n"
    assert key() is None
    assert key(headers=basic) == "basic"
    assert key(headers="X-Write-Key: own:secret\r\n" + basic) == "own"
    assert key(headers="X-Write-Key: own\r\n") == "own"


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/beacon/v1/batch?writeKey=wk", "POST", "wk"),
        ("/v1/pixel/page?a=b&writeKey=w%6b&c", "GET", "wk"),
        ("/v1/pixel/page/?writeKey=a&writeKey=wk", "GET", "wk"),
        ("/v1/pixel/page?WRITEKEY=wk", "GET", None),
        ("/v1/batch?writeKey=wk", "POST", None),
        ("/v1/track?writeKey=wk", "POST", None),
        ("/nothing?writeKey=wk", "GET", None),
    ],
)
def test_a_query_counts_only_where_clients_put_the_key(
    path: str, method: str, expected: str | None
) -> None:
    assert key(path, method=method) == expected


@pytest.mark.parametrize("query", [b"", b"a", b"writeKey", b"writeKey=", b"\xff", b"&" * 2000])
def test_a_query_without_a_key_or_sense_names_none(query: bytes) -> None:
    assert key_in_query(query) is None
    assert key_in_query(b"a=b&" * 2000) is None


def test_both_keys_must_be_the_same_and_known() -> None:
    keys = WriteKeys(
        Snapshot(1, {1: source(1, write_keys=("old", "new")), 2: source(2, write_keys=("b",))}, {})
    )
    first, second = keys.source("old", None), keys.source(None, "b")
    assert (first, second) == (source(1, write_keys=("old", "new")), source(2, write_keys=("b",)))
    assert keys.source("new", "new") is first
    assert keys.source("b", "b") is second
    assert keys.source("b", "") is second
    assert keys.source("b", "x:***") is second
    assert keys.source("old", "b") is KEYS_DIFFER
    assert keys.source("old", "unknown") is KEYS_DIFFER
    for in_head, in_body in ((None, None), ("", ""), ("x", None), (None, "x"), (None, "b:***")):
        assert keys.source(in_head, in_body) is UNKNOWN_SOURCE
