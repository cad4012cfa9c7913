"""Where a request really comes from."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from headgate.proxies import Proxies, plain

TRUSTED = Proxies([ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")])


def client(forwarded: str, peer: str = "10.0.0.1") -> str:
    return TRUSTED.client(forwarded.encode("latin-1"), peer)


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("10.9.8.7", True),
        ("2001:db8::1", True),
        ("11.0.0.1", False),
        ("2001:db9::1", False),
        ("", False),
        ("localhost", False),
        ("10.0.0.1:80", False),
    ],
)
def test_a_proxy_is_one_of_those_that_were_named(peer: str, expected: bool) -> None:  # noqa: FBT001
    assert TRUSTED.is_proxy(peer) is expected
    assert not Proxies().is_proxy(peer)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:a00:1", "::ffff:a00:1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_an_ipv4_address_on_an_ipv6_socket_is_itself(address: str, expected: str) -> None:
    assert plain(address) == expected


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("", "10.0.0.1"),
        (" , ", "10.0.0.1"),
        ("198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("198.51.100.1,10.0.0.2 ,\t10.0.0.3,", "198.51.100.1"),
        ("6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("2001:db9::7, 2001:db8::1", "2001:db9::7"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("unknown", "10.0.0.1"),
        ("198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("198.51.100.1, \xe9", "10.0.0.1"),
        ("' or 1=1, 198.51.100.1", "198.51.100.1"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_stands_for(
    forwarded: str, expected: str
) -> None:
    assert client(forwarded) == expected


@pytest.mark.parametrize("named", ["203.0.113.9", "203.0.113.9:4711"])
def test_a_port_behind_the_address_does_no_harm(named: str) -> None:
    assert client(named) == "203.0.113.9"
    assert client("[2001:db9::1]:4711") == "2001:db9::1"
