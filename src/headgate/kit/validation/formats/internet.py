"""Addresses and names of the internet: URIs, e-mail, hosts, UUIDs."""

from __future__ import annotations

import re
from functools import lru_cache

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*+(?<!-))?+"
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*+@{_LABEL}(?:\.{_LABEL})++")
_HOSTNAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*+")
_LONGEST_NAME, _LONGEST_LABEL = 253, 63
_UUID = re.compile(
    "(?:urn:uuid:)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII
)

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
_IPV4 = re.compile(rf"(?:{_OCTET}\.){{3}}{_OCTET}")
_PLAIN_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN_IPV4 = re.compile(rf"(?:{_PLAIN_OCTET}\.){{3}}{_PLAIN_OCTET}")
_GROUP = re.compile("[0-9A-Fa-f]{1,4}")
_GROUPS = 8
_LONGEST_IPV6 = 45

_ESCAPED = "%[0-9A-Fa-f]{2}"
_UNRESERVED = r"A-Za-z0-9._~!$&'()*+,;=\-"
_SCHEME = "[A-Za-z][A-Za-z0-9+.-]*+:"
_USER = rf"(?:(?:[{_UNRESERVED}:]|{_ESCAPED})*+@)?+"
_HOST = rf"//?{_USER}\[(?P<address>[^\[\]]*+)\](?::[0-9]*+)?+"


def _uri(scheme: str, path: str, character: str) -> re.Pattern[str]:
    """Compile a URI: a path, or a host in brackets, as in other hosts a path's characters pass."""
    tail = rf"(?:\?(?:{character}|\?)*+)?+(?:\#(?:{character}|\?)*+)?+"
    return re.compile(rf"(?:{scheme}{_HOST}(?:/{character}*+)?+|{path}){tail}")


_CHARACTER = rf"(?:[{_UNRESERVED}:@/]|{_ESCAPED})"
_QUOTING = rf"(?:[{_UNRESERVED}:@/\"]|{_ESCAPED})"
_URI = _uri(_SCHEME, f"{_SCHEME}{_CHARACTER}++", _CHARACTER)
_URI_REFERENCE = _uri(f"(?:{_SCHEME})?+", f"{_QUOTING}*+", _QUOTING)
_FUTURE_ADDRESS = re.compile(rf"[Vv][0-9A-Fa-f]++\.[{_UNRESERVED}:]++")

_VARIABLE = rf"(?:[A-Za-z0-9_]|{_ESCAPED})++(?::[1-9][0-9]{{0,3}}|\*)?"
_URI_TEMPLATE = re.compile(
    rf"(?:[^\x00-\x20\"'<>%\\^`{{|}}]|{_ESCAPED}"
    rf"|\{{[+\#./;?&=,!@|]?{_VARIABLE}(?:,{_VARIABLE})*+\}})*+"
)


def is_email(text: str) -> bool:
    """A dotted local part and a domain of two or more labels; ASCII only, no quotes."""
    return _EMAIL.fullmatch(text) is not None


def is_hostname(text: str) -> bool:
    """One or more labels in up to 253 characters, and maybe a last dot."""
    name = text.removesuffix(".")
    return (
        0 < len(name) <= _LONGEST_NAME
        and _HOSTNAME.fullmatch(name) is not None
        and all(len(label) <= _LONGEST_LABEL for label in name.split("."))
    )


def is_ipv4(text: str) -> bool:
    """Four numbers up to 255, leading zeros allowed."""
    return _IPV4.fullmatch(text) is not None


def is_ipv6(text: str) -> bool:
    """Any form of RFC 4291, without a zone."""
    return _is_ipv6(text, _PLAIN_IPV4)


@lru_cache(maxsize=1024)
def is_uri(text: str) -> bool:
    """A scheme and something after it, in ASCII (RFC 3986)."""
    return _has_address(_URI.fullmatch(text))


def is_uri_reference(text: str) -> bool:
    """A URI or the end of one, also nothing at all; `"` may stand in it."""
    return _has_address(_URI_REFERENCE.fullmatch(text))


def is_uri_template(text: str) -> bool:
    """A template of RFC 6570."""
    return _URI_TEMPLATE.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Hexadecimal digits in groups of 8-4-4-4-12, `urn:uuid:` before them or not."""
    return _UUID.fullmatch(text) is not None


def _has_address(match: re.Match[str] | None) -> bool:
    """Check what stands in the brackets of a URI, if it has any."""
    if match is None:
        return False
    address = match["address"]
    return address is None or bool(_FUTURE_ADDRESS.fullmatch(address)) or _is_ipv6(address, _IPV4)


def _is_ipv6(text: str, ipv4: re.Pattern[str]) -> bool:
    if len(text) > _LONGEST_IPV6:
        return False
    head, gap, tail = text.partition("::")
    groups = [*(head.split(":") if head or not gap else []), *(tail.split(":") if tail else [])]
    wide = bool(groups) and (bool(tail) or not gap) and ipv4.fullmatch(groups[-1]) is not None
    plain = groups[:-1] if wide else groups
    count = len(plain) + 2 * wide
    return all(map(_GROUP.fullmatch, plain)) and (count < _GROUPS if gap else count == _GROUPS)
