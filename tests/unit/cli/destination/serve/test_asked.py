from __future__ import annotations

import pytest

from headgate.cli.destination.serve.asked import Access, Malformed, filled, read


def test_a_body_is_read_by_segments_names() -> None:
    asked = read(
        b'{"payload": {"type": "track"}, "mapping": null, "settings": {"apiKey": "k"},'
        b' "auth": {"accessToken": "a"}, "features": {"x": true}, "hookInputs": {"n": 1},'
        b' "dynamicFieldContext": {"query": "q", "selectedArrayIndex": 2}}'
    )
    assert asked.payload == {"type": "track"}
    assert (asked.mapping, asked.settings, asked.hook_inputs) == ({}, {"apiKey": "k"}, {"n": 1})
    assert asked.auth == Access("a")
    assert asked.dynamic_field_context.query == "q"
    assert asked.dynamic_field_context.selected_array_index == 2


def test_tokens_may_stand_with_the_settings_or_at_the_top() -> None:
    stored = read(b'{"settings": {"oauth": {"access_token": "a", "clientId": "c"}}}')
    assert stored.auth == Access("a", client_id="c")
    assert stored.settings == {}
    refreshing = read(b'{"refreshToken": "r", "clientSecret": "s", "settings": {}}')
    assert refreshing.auth == Access("", "r", "", "s")


def test_only_authenticating_takes_settings_from_the_top() -> None:
    body = b'{"apiKey": "k", "send": true}'
    assert read(body).settings == {}
    assert read(body, has_settings_at_top=True).settings == {"apiKey": "k"}


def test_an_empty_body_says_nothing() -> None:
    assert read(b"").payload is None


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"settings": 1}', b'{"auth": [1]}', b'{"send": "yes"}', b"\xff"]
)
def test_what_is_no_body_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed, match="JSON object"):
        read(body)


def test_what_is_masked_stays_as_the_file_says() -> None:
    assert filled({"key": "secret", "at": "eu"}, {"key": "***", "at": "us"}) == {
        "key": "secret",
        "at": "us",
    }
