"""Schema settings: what a source does with events that its tracking plan does not know.

There are no tracking plans, so nothing is unplanned and nothing violates one. What a source keeps
back without a plan is the `schema` of a declaration file, for which these settings have no words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.control.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.control.work import Work

_TRAITS: Final = {
    "allowUnplannedTraits": True,
    "allowTraitsOnViolations": True,
    "commonEventOnViolations": "ALLOW",
}
SETTINGS: Final[dict[str, dict[str, Any]]] = {
    "track": {
        "allowUnplannedEvents": True,
        "allowUnplannedEventProperties": True,
        "allowEventOnViolations": True,
        "allowPropertiesOnViolations": True,
        "commonEventOnViolations": "ALLOW",
    },
    "identify": _TRAITS,
    "group": _TRAITS,
}
"""What is so of every source, and cannot be otherwise; nothing is forwarded to another source."""
_JSON: Final = {True: "true", "ALLOW": '"ALLOW"'}


def get(work: Work, source: str) -> dict[str, dict[str, Any]]:
    """Of a source, by its id. Raises Missing."""
    work.source(source)
    return SETTINGS


def update(work: Work, source: str, given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Take what is so anyway, and refuse the rest. Raises Missing, Forbidden or Invalid."""
    record = work.source(source, "write")
    if problems := list(_problems(given)):
        raise Invalid(problems)
    work.note("Source Modified", "SOURCE", record.id, record.slug)
    return SETTINGS


def _problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    for name, value in given.items():
        if name not in SETTINGS:
            yield from _differing(name, value or None, None)
            continue
        for field, inner in value.items():
            if field in SETTINGS[name] and inner is not None:
                yield from _differing(f"{name}.{field}", inner, SETTINGS[name][field])


def _differing(path: str, value: Any, here: Any) -> Iterator[Problem]:
    if value != here:
        so = "leave it out" if here is None else f"it can only be {_JSON[here]}"
        yield Problem(path, f"is for tracking plans, which there are none of: {so}")
