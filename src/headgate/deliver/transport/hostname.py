"""The host of a URL: an address in its one plain form, or a name in its ASCII form."""

from __future__ import annotations

import re
import unicodedata

from headgate.deliver.transport.addresses import Address, parse

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LONGEST = 253
_ENCODED = "xn--"


class BadHost(ValueError):
    """The host is neither a plain address nor a name that can be looked up."""


def literal(host: str) -> Address | None:
    """Return the address that a host is, or None for a name.

    A host whose last label is a number is an address to every C library, in octal, hexadecimal
    or as one big number; only the plain form is taken, the others raise `BadHost`.
    """
    bare = host.removeprefix("[").removesuffix("]")
    if bare == host and not _NUMBER.fullmatch(_last_label(host)):
        return None
    try:
        return parse(bare)
    except ValueError:
        raise BadHost("write an address in its plain form, as 192.0.2.1 or [2001:db8::1]") from None


def ascii_host(host: str) -> str:
    """Return a name in lower case, ASCII and without the dot at its end."""
    name = ".".join(map(_ascii_label, host.removesuffix(".").split(".")))
    if len(name) > _LONGEST:
        raise BadHost(f"a name has at most {_LONGEST} characters")
    return name


def _last_label(host: str) -> str:
    return host.removesuffix(".").rpartition(".")[2]


def _ascii_label(label: str) -> str:
    lower = label.lower()
    encoded = lower if lower.isascii() else _encode(lower)
    if not _LABEL.fullmatch(encoded):
        raise BadHost("a label of a name has 1 to 63 letters, digits, hyphens or underscores")
    if encoded.startswith(_ENCODED):
        _decode(encoded)
    return encoded


def _encode(label: str) -> str:
    _must_be_plain(label)
    return _ENCODED + label.encode("punycode").decode("ascii")


def _decode(label: str) -> None:
    try:
        decoded = label.removeprefix(_ENCODED).encode("ascii").decode("punycode")
    except UnicodeError:
        decoded = ""
    if not decoded or decoded.isascii():
        raise BadHost(f"{label} is no encoded label")
    _must_be_plain(decoded)


def _must_be_plain(label: str) -> None:
    """Refuse characters that another program would fold into other ones, or drop.

    Circled letters that spell `localhost`, full-width digits, soft hyphens and dots that are no
    full stops all change under NFKC or are no letters, marks or digits.
    """
    stays = unicodedata.normalize("NFKC", label.lower()) == label
    if not stays or any(unicodedata.category(c)[0] not in "LMN" for c in label if c != "-"):
        raise BadHost("a name of another script must be written in letters that stay themselves")
