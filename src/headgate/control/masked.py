"""Secrets as people may see them, and what it means when they send that back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

BULLETS: Final = "\N{BULLET}" * 8
_SHOWN: Final = 4
_SHORTEST_SHOWN: Final = 8
"""Of a shorter secret the last characters would tell too much."""


def masked(secret: object) -> str:
    """Bullets, as many for every secret, and the last characters of a text that is long enough."""
    is_shown = isinstance(secret, str) and len(secret) >= _SHORTEST_SHOWN
    return f"{BULLETS}{secret[-_SHOWN:]}" if is_shown else BULLETS  # type: ignore[index]


def shown(values: Mapping[str, Any], secrets: Collection[str]) -> dict[str, Any]:
    """The values with each secret masked; what is not there stays so."""
    return {
        key: masked(value) if key in secrets and value not in (None, "") else value
        for key, value in values.items()
    }


def is_untouched(given: object, secret: object) -> bool:
    """Whether somebody sent back what was shown of a secret: it is to stay as it is."""
    return secret not in (None, "") and given == masked(secret)
