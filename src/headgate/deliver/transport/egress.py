"""The guard of everything that goes out: which addresses a destination may have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from headgate.deliver.transport import addresses
from headgate.deliver.transport.hostname import BadHost, ascii_host, literal
from headgate.kit.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.deliver.transport.addresses import Address, Network

_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
_URL = re.compile(r"((?i:https?)://[^/?#]*)([!-\"$-~]*)(?:#[!-~]*)?")
_PREFIX = re.compile(r"[^/?#]*//[^/?#]*")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@\\]+)(?::([0-9]{1,5}))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SHOWN = 200
STANDARD_PORTS = {"http": 80, "https": 443}
SYSTEM_PORTS = 1024
_LAST_PORT = 65535
ODD_PORTS = frozenset(
    (1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6679, 6697, 10080)
).union(range(6665, 6670))
"""Ports above 1023 where something else than HTTP listens: the list that browsers refuse."""
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Origin:
    """Where requests go: a scheme, a host and a port that keep the rules.

    `host` is ASCII, lower case and without brackets, `shown` has them where a URL needs them,
    `authority` is what the header `Host` says, and `key` names the origin in caches. `literal`
    is the address when the host is one, else empty. `waived` says which rule only an
    allow-listed address escapes, empty when none is broken.
    """

    scheme: str
    host: str
    port: int
    shown: str
    authority: str
    key: str
    literal: str
    waived: str


class Target(NamedTuple):
    """A URL that was parsed once: its origin, and the path with its query as it is sent."""

    origin: Origin
    path: str

    @property
    def scheme(self) -> str:
        return self.origin.scheme

    @property
    def host(self) -> str:
        return self.origin.host

    @property
    def port(self) -> int:
        return self.origin.port


class Egress:
    """Decides which URLs and addresses may be dialled (reliability section 4, row 7).

    Allowed are https to public unicast addresses, on port 443 or a port above 1023 where
    browsers speak HTTP too. Addresses inside `allow` are allowed whatever they are, and free of
    the rules on scheme and port. With `https_only` off plain http may go to public addresses.
    `own` are the hosts or addresses, each with a port, where this Headgate takes events: what is
    sent there would come back for ever, so no allow-list opens them. Every refusal is a
    `TransportError` of the kind `blocked` that names the rule and the cure, and of the URL no
    more than the host. All rules are fixed for the life of the process, so no connection
    that is kept was opened under other ones.
    """

    def __init__(
        self,
        allow: Iterable[Network] = (),
        *,
        https_only: bool = True,
        own: Iterable[tuple[str, int]] = (),
    ) -> None:
        self._allow = tuple(allow)
        self._own = frozenset(own)
        self._https_only = https_only
        self._origins: dict[str, Origin] = {}
        self._targets: dict[str, Target] = {}

    def check_url(self, url: str) -> Target:
        """Parse strictly; a host that is an address is judged here, a name when it is resolved."""
        return self._targets.get(url) or self._parse(url)

    def check_address(self, address: str | Address) -> bool:
        """Whether this very address may be dialled."""
        try:
            judged = addresses.parse(str(address))
        except ValueError:
            return False
        return self._allows(judged) or not addresses.refusal(judged)

    def check_addresses(self, origin: Origin, found: Iterable[str]) -> tuple[str, ...]:
        """Return the addresses of a name that are to be dialled, or refuse all of them.

        Allow-listed addresses are taken alone when there are any. Otherwise one bad address
        spoils the answer: a name that mixes public and inner addresses is an attack or a
        mistake, and which of them is dialled would be chance.
        """
        parsed, odd = _parsed(found)
        for address in parsed:
            self._must_be_another(origin, str(address))
        allowed = [address for address in parsed if self._allows(address)]
        if odd and not allowed:
            raise _blocked(f"{origin.host} is {_shown(odd[0])}, which is no address to dial")
        for address in parsed if not allowed else ():
            self._must_be_public(origin, address)
        return tuple(str(address) for address in allowed or parsed)

    def _must_be_another(self, origin: Origin, host: str) -> None:
        if (host, origin.port) in self._own:
            raise _blocked(
                f"{origin.authority} is where this Headgate takes events, which would go in a "
                "circle: name another destination"
            )

    def _must_be_public(self, origin: Origin, address: Address) -> None:
        named = origin.host if origin.literal else f"{origin.host} ({address})"
        why = addresses.refusal(address)
        if why:
            raise _blocked(f"{named} is {why}", address)
        if origin.waived:
            raise _blocked(f"{named}: {origin.waived}", address)

    def _allows(self, address: Address) -> bool:
        return any(address.version == net.version and address in net for net in self._allow)

    def _parse(self, url: str) -> Target:
        match = _URL.fullmatch(url) or _URL.fullmatch(_tidy(url))
        if match is None:
            raise _blocked("this is no http or https URL: write https://host/path")
        prefix, path = match.groups()
        origin = self._origins.get(prefix) or self._admit(prefix)
        if len(self._targets) >= _KEPT:
            self._targets.clear()
        target = Target(origin, path if path.startswith("/") else f"/{path}")
        self._targets[url] = target
        return target

    def _admit(self, prefix: str) -> Origin:
        origin = self._origin(prefix)
        self._must_be_another(origin, origin.host)
        if origin.literal:
            self.check_addresses(origin, [origin.literal])
        elif origin.waived and not self._allow:
            cure = "or list its address in HEADGATE_EGRESS_ALLOW"
            raise _blocked(f"{origin.host}: {origin.waived}, {cure}")
        if len(self._origins) >= _KEPT:
            self._origins.clear()
        self._origins[prefix] = origin
        return origin

    def _origin(self, prefix: str) -> Origin:
        scheme, _, rest = prefix.partition("://")
        match = _AUTHORITY.fullmatch(rest)
        if match is None:
            raise _blocked("the URL has no plain host: no user, no zone, at most one port")
        host, port_text = match.groups()
        scheme = scheme.lower()
        port = int(port_text) if port_text else STANDARD_PORTS[scheme]
        try:
            address = literal(host)
            name = str(address) if address else ascii_host(host)
        except BadHost as bad:
            raise _blocked(f"{_shown(host)} is no host: {bad}") from None
        shown = f"[{name}]" if ":" in name else name
        authority = shown if port == STANDARD_PORTS[scheme] else f"{shown}:{port}"
        key = f"{scheme}://{shown}:{port}"
        waived = self._broken_rule(scheme, port)
        return Origin(scheme, name, port, shown, authority, key, name if address else "", waived)

    def _broken_rule(self, scheme: str, port: int) -> str:
        if not 0 < port <= _LAST_PORT:
            raise _blocked(f"{port} is no port")
        if port in ODD_PORTS or (port < SYSTEM_PORTS and port != STANDARD_PORTS[scheme]):
            return f"port {port} is not one for {scheme}: use the standard one or one above 1023"
        if scheme == "http" and self._https_only:
            return "plain http is not encrypted: use https"
        return ""


def _parsed(found: Iterable[str]) -> tuple[list[Address], list[str]]:
    """Read addresses; apart from them, what is none: /etc/hosts may name an interface, too."""
    parsed, odd = [], []
    for text in found:
        try:
            parsed.append(addresses.parse(text))
        except ValueError:
            odd.append(text)
    return parsed, odd


def _tidy(url: str) -> str:
    """Write what people type into a path (spaces, letters of any script) as it is sent."""
    if _CONTROL.search(url):
        raise _blocked("the URL has a control character: remove it")
    origin = _PREFIX.match(url)
    end = origin.end() if origin else 0
    return url[:end] + quote(url[end:], safe=_VISIBLE)


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def _blocked(rule: str, address: Address | None = None) -> TransportError:
    cure = ""
    if address is not None:
        network = f"{address}/{address.max_prefixlen}"
        cure = f"; to allow it start with HEADGATE_EGRESS_ALLOW={network} or a wider network"
    return TransportError(f"blocked: {rule}{cure}", kind="blocked")
