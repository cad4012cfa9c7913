"""Which names and origins are this Headgate's own."""

from __future__ import annotations

import pytest

from headgate.api.console.site import Site

NAMED = Site("https://headgate.example.org", "http://127.0.0.1:8081")
OTHER_PORT = Site("http://headgate.example.org:8443", "http://127.0.0.1:8081")
LOCAL = Site(None, "http://127.0.0.1:8081")
TLS = Site(None, "https://control.internal:8081")


@pytest.mark.parametrize(
    ("site", "host", "is_ours"),
    [
        (NAMED, "headgate.example.org", True),
        (NAMED, "HEADGATE.example.org:443", True),
        (NAMED, "headgate.example.org:80", False),
        (NAMED, "127.0.0.1:8081", False),
        (NAMED, "headgate.example.org.", False),
        (OTHER_PORT, "headgate.example.org:8443", True),
        (OTHER_PORT, "headgate.example.org", False),
        (LOCAL, "127.0.0.1:8081", True),
        (LOCAL, "127.0.0.1:9999", True),
        (LOCAL, "192.168.7.7", True),
        (LOCAL, "[2001:db8::7]:8081", True),
        (LOCAL, "LocalHost", True),
        (LOCAL, "control.internal", False),
        (LOCAL, "127.1", False),
        (LOCAL, "2130706433", False),
        (LOCAL, "a@127.0.0.1", False),
        (LOCAL, "127.0.0.1/x", False),
        (LOCAL, "127.0.0.1?x", False),
        (LOCAL, "127.0.0.1:99999", False),
        (LOCAL, "127.0.0.1:x", False),
        (LOCAL, "[::1", False),
        (LOCAL, "", False),
        (TLS, "control.internal:8081", True),
        (TLS, "other.internal:8081", False),
    ],
)
def test_a_host_is_ours_or_nobodys(site: Site, host: str, is_ours: bool) -> None:  # noqa: FBT001
    assert (site.origin(host) is not None) is is_ours


@pytest.mark.parametrize(
    ("site", "host", "origin", "is_ours"),
    [
        (LOCAL, "127.0.0.1:8081", "http://127.0.0.1:8081", True),
        (LOCAL, "127.0.0.1:8081", "https://127.0.0.1:8081", False),
        (LOCAL, "127.0.0.1:8081", "http://localhost:8081", False),
        (LOCAL, "localhost", "http://localhost", True),
        (LOCAL, "localhost", "http://localhost:80", True),
        (LOCAL, "127.0.0.1:8081", "null", False),
        (LOCAL, "127.0.0.1:8081", "", False),
        (LOCAL, "127.0.0.1:8081", "http://127.0.0.1:8081/", False),
        (LOCAL, "127.0.0.1:8081", "http://127.0.0.1:8081 http://127.0.0.1:8081", False),
        (NAMED, "headgate.example.org", "https://headgate.example.org", True),
        (NAMED, "headgate.example.org", "http://headgate.example.org", False),
        (NAMED, "headgate.example.org", "https://www.headgate.example.org", False),
        (TLS, "10.0.0.1:8081", "https://10.0.0.1:8081", True),
    ],
)
def test_an_origin_is_ours_when_it_is_that_of_the_host(
    site: Site,
    host: str,
    origin: str,
    is_ours: bool,  # noqa: FBT001
) -> None:
    assert site.is_ours(origin, host) is is_ours


def test_a_link_begins_with_the_operators_word_and_hides_its_secret_from_servers() -> None:
    assert NAMED.link("owner", "abc") == "https://headgate.example.org/app/owner#abc"
    assert LOCAL.link("owner", "abc") == "http://127.0.0.1:8081/app/owner#abc"
    assert (NAMED.is_secure, TLS.is_secure, LOCAL.is_secure) == (True, True, False)
