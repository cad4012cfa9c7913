from __future__ import annotations

import pytest

from headgate.destinations.amplitude.user_agent import Agent, parse

_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


def chrome(device: str, after: str = "Chrome/119.0.0.0 Mobile Safari/537.36") -> str:
    return f"Mozilla/5.0 ({device}) {_KIT} {after}"


@pytest.mark.parametrize(
    ("header", "agent"),
    [
        (
            "Mozilla/5.0 (iPad; CPU OS 15_6 like Mac OS X) Version/15.6 Mobile/15E148 Safari/604.1",
            Agent("iOS", "Mobile Safari", "15", "Apple", "iPad", "tablet"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0",
            Agent("Mac OS", "Firefox", "121", "Apple", "Macintosh"),
        ),
        (
            chrome("Windows NT 10.0; Win64; x64", "Chrome/120.0 Safari/537.36 Edg/120.0.2210.61"),
            Agent("Windows", "Edge", "120"),
        ),
        (
            "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
            Agent("Windows", "IE", "11"),
        ),
        (
            chrome("Linux; Android 13; SM-S918B"),
            Agent("Android", "Chrome", "119", "Samsung", "SM-S918B", "mobile"),
        ),
        (
            chrome("Linux; Android 11; SM-T870", "Chrome/119.0.0.0 Safari/537.36"),
            Agent("Android", "Chrome", "119", "Samsung", "SM-T870", "tablet"),
        ),
        (
            chrome("Linux; Android 14; Pixel 8 Pro"),
            Agent("Android", "Chrome", "119", "Google", "Pixel 8 Pro", "mobile"),
        ),
        (
            chrome("Linux; Android 11; moto g(30)"),
            Agent("Android", "Chrome", "119", "Motorola", "moto g(30)", "mobile"),
        ),
        (
            chrome("Linux; Android 13; UNKNOWN-1"),
            Agent("Android", "Chrome", "119", None, "UNKNOWN-1", "mobile"),
        ),
        (
            chrome("Android 11; Tablet; rv:109.0", "Firefox/120.0"),
            Agent("Android", "Firefox", "120", None, None, "tablet"),
        ),
        (
            "Mozilla/5.0 (PlayStation 4 3.11) AppleWebKit/537.73 (KHTML, like Gecko)",
            Agent("PlayStation", "WebKit", "537", "Sony", "PlayStation 4", "console"),
        ),
        (
            chrome("SMART-TV; Linux; Tizen 5.0", "SamsungBrowser/2.2 Chrome/63.0 TV Safari/537.36"),
            Agent("Tizen", "Samsung Internet", "2", "Samsung", None, "smarttv"),
        ),
        ("curl/8.0", Agent()),
        ("", Agent()),
    ],
)
def test_what_a_user_agent_tells(header: str, agent: Agent) -> None:
    assert parse(header) == agent


def test_a_long_header_is_read_from_its_beginning_only() -> None:
    hostile = "trident fban/fbios; moto" * 100_000
    assert parse(hostile + " Chrome/119").browser is None
