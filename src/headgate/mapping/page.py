"""What of the mapping language runs in a page: less than here, as plugins bring their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from headgate.mapping.root import ROOT_DIRECTIVE

KNOWN: Final[Mapping[str, frozenset[str] | None]] = {
    "@arrayPath": None,
    "@case": frozenset({"operator", "value"}),
    "@if": frozenset({"blank", "else", "exists", "then"}),
    "@literal": None,
    "@path": None,
    "@replace": frozenset({"global", "ignorecase", "pattern", "replacement", "value"}),
    "@template": None,
}
"""The directives of the plugins that Segment publishes, with the members that they look at.

Read from @segment/browser-destinations 3.98.0; None for those that take no object of members.
"""


def faults(mapping: Any, place: str = "") -> Iterator[str]:
    """Say where a mapping, which is valid here, holds what a page does not know."""
    if isinstance(mapping, Mapping):
        for key, value in mapping.items():
            if fault := _fault(key, value):
                yield f"{place}/{key} {fault}"
            else:
                yield from faults(value, f"{place}/{key}")
    elif isinstance(mapping, Sequence) and not isinstance(mapping, str):
        for index, value in enumerate(mapping):
            yield from faults(value, f"{place}/{index}")


def _fault(key: str, value: Any) -> str:
    if key == ROOT_DIRECTIVE or (key.startswith("@") and key not in KNOWN):
        return f"is not known in a page: there are {', '.join(KNOWN)}."
    members = KNOWN.get(key)
    if members is not None and isinstance(value, Mapping) and (other := value.keys() - members):
        return f"has {', '.join(sorted(other))}, which is not known in a page."
    return ""
