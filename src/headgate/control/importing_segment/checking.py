"""Leaves out of a declaration what the product itself would refuse, and tells why."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate.control.declaring.declaration import parse
from headgate.control.declaring.text import dump
from headgate.control.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headgate.control.catalogue import Catalogue
    from headgate.control.errors import Problem
    from headgate.control.importing_segment.report import Notes

_PLACE = re.compile(r"(sources|connections)\[(\d+)\](?:\.(\w+)\[(\d+)\])?")
_PARTS: Final = {"subscriptions": ("subscription", "name"), "filters": ("filter", "title")}


class _Place(NamedTuple):
    """A source or a connection, or one element of a list in it."""

    section: str
    at: int
    part: str = ""
    element: int = -1


def checked(tree: dict[str, Any], catalogue: Catalogue, notes: Notes) -> dict[str, Any]:
    """Ask `parse`, leave out what it names, until it names nothing more."""
    while True:
        try:
            parse(dump(tree), catalogue)
        except DeclarationError as error:
            tree = _without(tree, _by_place(error.problems), notes)
        else:
            return tree


def _by_place(problems: Iterable[Problem]) -> dict[_Place, str]:
    """What is wrong at each place. Raises DeclarationError for what cannot be left out."""
    said: defaultdict[_Place, list[str]] = defaultdict(list)
    for problem in problems:
        found = _PLACE.match(problem.path)
        if found is None:
            raise DeclarationError([problem])
        section, index, part, element = found.groups()
        is_part = part in _PARTS or part == "write_keys"
        place = _Place(section, int(index), *((part, int(element)) if is_part else ()))
        inside = problem.path[found.end() :].lstrip(".") if is_part else problem.path
        said[place].append(f"{inside}: {problem.message}" if inside else problem.message)
    return {place: "; ".join(each) for place, each in said.items()}


def _without(tree: Mapping[str, Any], faults: Mapping[_Place, str], notes: Notes) -> dict[str, Any]:
    sources = _kept(tree, "sources", faults, notes)
    gone = {each["slug"] for each in tree["sources"]} - {each["slug"] for each in sources}
    connections = []
    for connection in _kept(tree, "connections", faults, notes):
        if connection["source"] in gone:
            why = "its source is not carried over"
            notes.leave_out("destination", connection["name"], why, of=connection["source"])
        else:
            connections.append(connection)
    return {**tree, "sources": sources, "connections": connections}


def _kept(
    tree: Mapping[str, Any], section: str, faults: Mapping[_Place, str], notes: Notes
) -> list[dict[str, Any]]:
    what = "source" if section == "sources" else "destination"
    kept = []
    for index, each in enumerate(tree[section]):
        if why := faults.get(_Place(section, index)):
            notes.leave_out(what, each["name"], why, of=each.get("source", ""))
        else:
            parts = {place: why for place, why in faults.items() if place[:2] == (section, index)}
            kept.append(_repaired(each, parts, notes) if parts else each)
    return kept


def _repaired(owner: dict[str, Any], faults: Mapping[_Place, str], notes: Notes) -> dict[str, Any]:
    """The owner without the elements at fault; without an enabled filter it is to be off."""
    changed = dict(owner)
    for part in dict.fromkeys(place.part for place in faults):
        at = {place.element: why for place, why in faults.items() if place.part == part}
        for element, why in at.items():
            _tell(owner, part, owner[part][element], why, notes)
        changed[part] = [each for n, each in enumerate(owner[part]) if n not in at]
    return changed


def _tell(owner: Mapping[str, Any], part: str, element: Any, why: str, notes: Notes) -> None:
    what, key = _PARTS.get(part, ("write key", ""))
    name = element[key] if key else str(element)
    notes.leave_out(what, name, why, of=owner["slug"])
    if part == "filters" and element["enabled"]:
        notes.switch_off(owner["slug"], f"filter {name!r} is missing: {why}")
