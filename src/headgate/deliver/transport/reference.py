"""The reference page of outgoing requests, made from the tables and limits that they obey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headgate.deliver.transport import addresses, h1_pool, resolver
from headgate.deliver.transport.egress import ODD_PORTS, SYSTEM_PORTS
from headgate.deliver.transport.entry_points import ENTRY_POINTS, Kind
from headgate.events import hops
from headgate.kit.http.request import Limits
from headgate.markdown import part

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRODUCTION: Final = """\
# Outgoing requests

Generated from `headgate.deliver.transport`. Whoever may configure a connection, or send an event
whose mapping gives the URL, chooses where Headgate sends to. So that nobody reaches the network
that Headgate stands in, its cloud's credentials or itself, every request passes one guard, and a
request that it refuses opens no connection.

The guard judges the address that is dialled, at the moment it is dialled, not the text of a URL
alone: a name is resolved here and once, all its addresses are checked, and one of these is dialled.
The HTTP client gets no name to resolve. It is asked again before each connection is opened, and a
kept connection is used only while its name still leads to its address."""

_REFUSALS: Final = (
    (
        "`... is loopback`, `is private`, ...",
        "the address is not public unicast; one such address of a name refuses them all",
        (
            "give a public address; an operator who means it starts with `HEADGATE_EGRESS_ALLOW`"
            " and the address or network that the message names"
        ),
    ),
    (
        "`plain http is not encrypted`",
        "the URL begins with `http://`",
        "use `https://`; a receiver inside can be listed in `HEADGATE_EGRESS_ALLOW`",
    ),
    (
        "`port ... is not one for https`",
        (
            f"below {SYSTEM_PORTS} only the standard port may be used, above it none that is known"
            f" for another protocol ({', '.join(map(str, sorted(ODD_PORTS)))})"
        ),
        "have the receiver listen on another port, or list its address",
    ),
    (
        "`this is no http or https URL`",
        "another scheme, or none, or backslashes",
        "write `https://host/path`",
    ),
    (
        "`the URL has no plain host`",
        "a user or password, a zone, two ports, an unclosed bracket",
        "leave it out; credentials belong into settings or headers",
    ),
    (
        "`... is no host`",
        (
            "an address in octal, hexadecimal or as one number; a name with characters that other"
            " programs drop or fold"
        ),
        "write an address in its plain form, and a name in letters that stay themselves",
    ),
    ("`the URL has a control character`", "a line break, tab or NUL", "remove it"),
    (
        "`... is no address to dial`",
        "`/etc/hosts` gives the name something else than an address",
        "mend that line",
    ),
    (
        "`... is where this Headgate takes events`",
        (
            "the URL is that of `public_url`, or of `collect`: events would come back; no"
            " allow-list opens it"
        ),
        "name another destination",
    ),
    (
        "`another address than the one that was checked`",
        "the HTTP client was about to leave the checked address; this is never expected",
        "report it",
    ),
)

_AFTER: Final = """\
A refusal uses up no try. Several in a row pause the connection (`blocked_address`), whose events
wait until a person has mended the cause and resumed it; an event that is refused while others of
its connection are delivered, as its URL is its own, is a dead letter. The reason of the attempt is
the text above, which names the host and no other part of the URL. A name that does not exist, or
whose name servers do not answer, is not refused: it is tried again like any destination that is
away."""

_ALLOWED: Final = """\
`HEADGATE_EGRESS_ALLOW` holds networks in CIDR form. An address inside them may be dialled whatever
it is, by plain http and on any port. Of a name with several addresses only listed ones are then
dialled, if there are any. The list is read when a process starts, so connections that are kept were
all opened under the list that holds; to shrink it, restart."""

_NEVER: Final = """\
- a redirect is an answer like any other (3xx: the event is given up), and is not followed;
  `Refresh` and `Alt-Svc` are ignored, so no credential goes to another host
- proxies of the environment, `.netrc` and cookies are not used
- nothing older than HTTP/1.0 is an answer, and TLS is 1.2 or newer with a valid certificate
- a request is sent once; one that died on a kept connection is an attempt of its own
- no compressed answer is asked for, and none is unpacked"""

_NETWORKS: Final = """\
Of IPv6, only `2000::/3` is public. What Python's own table of special networks holds beside these
is not public either."""

_LOOPS: Final = f"""\
Each request carries `{hops.HEADER}`: how often its event came out of a Headgate, this time
included. Collection keeps the number beside the event, and refuses events with a number above
{hops.MOST} (400 `delivery_loop`); the delivery then is a dead letter. So events may pass from one
Headgate to another, and a circle ends. No mapping and no body can change the number."""

_PROVED: Final = """\
A test of the habits reads the whole source and fails when something could reach the network and is
not in this table; another gives a list of bad and good URLs to every place that sends, in a network
namespace where every address leads back to the machine, and sees the first packet of every
connection: no bad address is dialled, and no good one refused.

"""
_PROOF: Final = _PROVED + "\n".join(f"- {kind.name.lower()}: {kind.value}" for kind in Kind)


def reference() -> str:
    """Markdown for docs/reference/outgoing.md."""
    return "\n".join([_INTRODUCTION, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    head = ("message", "why", "what to do")
    yield from part("Refusals, and what to do", "", head, _REFUSALS)
    yield from ("", _AFTER)
    yield from part("Addresses inside that are meant", _ALLOWED)
    yield from part("Networks that are not public", _NETWORKS, ("network", "is"), _networks())
    yield from part("What never happens", _NEVER)
    text = "An answer that is larger is an error, and its connection is closed."
    yield from part("Limits", text, ("what", "at most"), _limits())
    yield from part("Circles", _LOOPS)
    yield from part("Where requests leave", _PROOF, ("place", "for", "how"), _places())


def _networks() -> Iterator[tuple[str, ...]]:
    for network, name in addresses.special():
        yield f"`{network}`", name


def _limits() -> Iterator[tuple[str, ...]]:
    limits = Limits()
    yield "body of an answer, unless the destination asks for more", f"{limits.max_body:,} bytes"
    yield "headers of an answer", f"{limits.max_headers:,} bytes"
    yield "a request, from the look-up to the last byte", f"{limits.timeout:g} s"
    yield "until the connection stands", f"{limits.connect_timeout:g} s"
    yield "age of a connection that is used again", f"{h1_pool.LIFETIME:g} s"
    kept = f"its TTL, at least {resolver.SHORTEST:g} s and at most {resolver.LONGEST:g} s"
    yield "how long the addresses of a name hold", kept
    yield (
        "how long a name that could not be resolved is not asked for",
        f"{resolver.FAILED_FOR:g} s",
    )


def _places() -> Iterator[tuple[str, ...]]:
    for kind in Kind:
        for each in ENTRY_POINTS:
            if each.kind is kind:
                yield f"`{each.place}`", each.what, kind.name.lower()
