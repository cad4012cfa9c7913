"""Rules about what a destination says of itself, in its code and in its guide."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from headgate.kit.findings import findings
from headgate.kit.testing import released
from headgate.kit.testing.recordings import UnreadableRecording
from headgate.kit.testing.rule import Fault

if TYPE_CHECKING:
    from headgate.kit.testing.rule import Faults
    from headgate.kit.testing.subject import Subject

HEADINGS: Final = (
    "What it does",
    "Before you start",
    "Settings",
    "Actions",
    "Differences from Segment's",
    "Limits",
)
"""The headings (`##`) that every guide has, in this order; others may stand between them."""


async def is_declared_well(subject: Subject) -> Faults:
    for finding in findings(subject.destination):
        if finding.level == "error":
            yield Fault(finding.place or "declaration", finding.message)


async def has_no_warnings(subject: Subject) -> Faults:
    for finding in findings(subject.destination):
        if finding.level == "warning":
            yield Fault(finding.place or "declaration", finding.message)


async def is_found_by_its_slug(subject: Subject) -> Faults:
    slug = subject.destination.slug
    if subject.found_as != slug:
        yield Fault(
            "slug",
            f"it calls itself {slug!r} and is found as {subject.found_as!r}: give the destination "
            f"slug={subject.found_as!r}, or rename its folder or entry point",
        )


async def keeps_its_names(subject: Subject) -> Faults:
    for name in released.removed(subject.released or {}, released.names(subject.destination)):
        yield Fault(name, "was released, and mappings of customers name it: keep it")


async def has_been_released(subject: Subject) -> Faults:
    present = released.names(subject.destination)
    for name in released.removed(present, subject.released or {}):
        yield Fault(name, "is in no snapshot of released names, so nothing protects it")


async def has_a_guide(subject: Subject) -> Faults:
    if not subject.guide:
        yield Fault("guide.md", "there is none: write one")
        return
    found = re.findall(r"(?m)^## +(.+?) *$", subject.guide)
    for heading in HEADINGS:
        if heading not in found:
            yield Fault("guide.md", f"the heading `## {heading}` is missing")
    present = [heading for heading in found if heading in HEADINGS]
    if present != sorted(present, key=HEADINGS.index):
        yield Fault("guide.md", f"the headings must come in this order: {', '.join(HEADINGS)}")
    for name in _names(subject):
        if not any(text in subject.guide for text in name):
            yield Fault("guide.md", f"says nothing of {' or '.join(name)}")


def _names(subject: Subject) -> list[tuple[str, ...]]:
    """What a guide must name: each setting and each action, as people or as machines call it."""
    destination = subject.destination
    settings: dict[str, Any] = destination.settings.stored_fields()
    return [
        *((key, form["label"]) for key, form in settings.items()),
        *((slug, action.title) for slug, action in destination.actions.items()),
    ]


async def waives_with_reasons(subject: Subject) -> Faults:
    from headgate.kit.testing.rules import RULES

    known = [rule.name for rule in RULES]
    try:
        waivers = subject.waivers
    except UnreadableRecording as error:
        yield Fault("waivers.yaml", str(error))
        return
    for rule, places in waivers.items():
        if rule not in known:
            yield Fault("waivers.yaml", f"there is no rule {rule}; there are: {', '.join(known)}")
        for place, reason in places.items():
            if not reason.strip():
                yield Fault("waivers.yaml", f"{rule}, {place}: say why")


async def needs_no_waiver(subject: Subject) -> Faults:
    try:
        waivers = subject.waivers
    except UnreadableRecording:
        return
    for rule, places in waivers.items():
        for place, reason in places.items():
            if reason.strip():
                yield Fault(f"{rule}/{place}", "is waived")
