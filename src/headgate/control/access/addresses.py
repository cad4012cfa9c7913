"""E-mail addresses, by which people are known: one spelling for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.control.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 254
"""RFC 5321 leaves this much of a path of 256 to the address."""
_LONGEST_LOCAL = 64
MOST = 200
"""How many one call may name."""


def address(text: str, path: str = "email") -> str:
    """The address as it is kept: in small letters. Raises Invalid."""
    return addresses([text], path, is_list=False)[0]


def addresses(texts: Sequence[str], path: str = "emails", *, is_list: bool = True) -> list[str]:
    """Each address once, as it is kept. Raises Invalid with every problem."""
    if is_list and not 1 <= len(texts) <= MOST:
        raise Invalid([Problem(path, f"must name 1 to {MOST} addresses")])
    problems = [
        Problem(f"{path}.{number}" if is_list else path, "must be an e-mail address")
        for number, text in enumerate(texts)
        if not _is_address(text)
    ]
    if problems:
        raise Invalid(problems)
    return list(dict.fromkeys(text.lower() for text in texts))


def _is_address(text: str) -> bool:
    """The kit is loaded only now: most of what knows addresses never sees one."""
    from headgate.kit.validation.formats.internet import is_email

    return len(text) <= LONGEST and is_email(text) and len(text.partition("@")[0]) <= _LONGEST_LOCAL
