"""Which addresses belong to the public internet: a closed list for IPv6, an open one for IPv4."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_IPV4 = {
    IPv4Network("0.0.0.0/8"): "this host",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.64.0.0/10"): "shared by a provider's customers",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("168.63.129.16/32"): "the inner service of a cloud",
    IPv4Network("169.254.0.0/16"): "link-local, where clouds keep their credentials",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.0/24"): "reserved for protocols",
    IPv4Network("192.0.2.0/24"): "for documentation",
    IPv4Network("192.88.99.0/24"): "a 6to4 relay",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("198.18.0.0/15"): "for benchmarks",
    IPv4Network("198.51.100.0/24"): "for documentation",
    IPv4Network("203.0.113.0/24"): "for documentation",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}

_IPV6_PUBLIC = IPv6Network("2000::/3")
_IPV6 = {
    IPv6Network("2001::/32"): "a Teredo tunnel to an IPv4 address",
    IPv6Network("2001::/23"): "reserved for protocols",
    IPv6Network("2001:db8::/32"): "for documentation",
    IPv6Network("2002::/16"): "a 6to4 tunnel to an IPv4 address",
    IPv6Network("3fff::/20"): "for documentation",
}
_IPV6_OUTSIDE = {
    IPv6Network("::1/128"): "loopback",
    IPv6Network("64:ff9b::/96"): "a NAT64 translation of an IPv4 address",
    IPv6Network("64:ff9b:1::/48"): "a NAT64 translation of an IPv4 address",
    IPv6Network("fc00::/7"): "private",
    IPv6Network("fe80::/10"): "link-local",
    IPv6Network("ff00::/8"): "multicast",
}


def parse(text: str) -> Address:
    """Read an address as it is dialled: an IPv4 address written as IPv6 is the IPv4 one.

    Raises `ValueError` for anything that is no plain address.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise ValueError(f"{text} names a network interface")
        return address.ipv4_mapped or address
    return address


def refusal(address: Address) -> str:
    """Say what a non-public address is, or nothing when it is public unicast."""
    if isinstance(address, IPv4Address):
        return _named(address, _IPV4) or _unlisted(address)
    if address not in _IPV6_PUBLIC:
        return _named(address, _IPV6_OUTSIDE) or "outside public unicast"
    return _named(address, _IPV6) or _unlisted(address)


def special() -> Iterator[tuple[Network, str]]:
    """Every network that has a name of its own in refusals, IPv4 before IPv6."""
    yield from _IPV4.items()
    yield from _IPV6.items()
    yield from _IPV6_OUTSIDE.items()


def _unlisted(address: Address) -> str:
    """Python's own table is the second lock: it grows with the registry of such networks."""
    return "" if address.is_global and not address.is_multicast else "not public"


def _named(address: Address, names: Mapping[IPv4Network, str] | Mapping[IPv6Network, str]) -> str:
    return next((name for network, name in names.items() if address in network), "")
