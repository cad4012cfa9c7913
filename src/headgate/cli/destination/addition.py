"""Adding an action to a destination that somebody has written."""

from __future__ import annotations

import asyncio
import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate.cli.destination import recording, trying
from headgate.cli.destination.customer import customer
from headgate.cli.destination.loading import find
from headgate.cli.destination.scaffold import filled, template
from headgate.cli.failures import Failed
from headgate.events.samples import sample
from headgate.kit.testing.recordings import Recording, each
from headgate.kit.testing.subject import GUIDE

if TYPE_CHECKING:
    from headgate.cli.destination.loading import Found

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_NEEDED = ("Http", "Payload", "Response", "field", "path")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ACTIONS = "\n## Actions\n"
_NEXT_HEADING = "\n## "
_EVENTS: Final[dict[str | None, dict[str, Any]]] = {
    None: {**sample("track"), "messageId": "m-1", "timestamp": "2026-01-02T03:04:05.000Z"},
    "anonymous": {"type": "track", "messageId": "m-2", "anonymousId": "a-1"},
}
"""What is recorded of a new action, by the names of the recordings."""
_API = "https://api.example.com/v1"


class Added(NamedTuple):
    """What was added; `imported` are the names that the new lines had to import."""

    function: str
    file: Path
    recordings: tuple[Path, ...]
    imported: tuple[str, ...]


def add(reference: str, name: str, title: str | None) -> Added:
    """Append an action to the module, and record what it does; raises `Failed`."""
    found = find(reference)
    function = _HUMP.sub("_", name).lower()
    title = title or function.replace("_", " ").capitalize()
    _check(found, name, function)
    before = found.file.read_text("utf-8")
    missing = tuple(it for it in _NEEDED if it not in vars(found.module))
    code = _code(found, name, function, title)
    imports = f"\n\nfrom headgate.kit import {', '.join(missing)}\n" if missing else ""
    found.file.write_text(f"{before.rstrip()}\n{imports}{code}", "utf-8")
    try:
        recordings = _recorded(find(found.again), name)
    except Exception:
        found.file.write_text(before, "utf-8")
        raise
    _tell(found.folder / GUIDE, name, title)
    return Added(function, found.file, recordings, missing)


def _check(found: Found, name: str, function: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(function):
        raise Failed(f"{name!r} cannot be an action: use letters, digits and _, a letter first")
    there = {*vars(found.module), *found.destination.actions}
    for taken in (name, function, _payload(function)):
        if taken in there:
            raise Failed(f"{found.file} has a {taken} already: choose another name")


def _code(found: Found, name: str, function: str, title: str) -> str:
    names = {
        "<destination>": _variable(found, found.destination),
        "<settings>": _variable(found, found.destination.settings),
        "<payload>": _payload(function),
        "<function>": function,
        "<title>": title.replace("\\", "").replace('"', "'"),
        "<named>": "" if name == function else f'\n    slug="{name}",',
        "<address>": _address(found, function),
    }
    return filled(template("action/action.py"), names)


def _variable(found: Found, value: object) -> str:
    """The name that a value has in the module."""
    for name, it in vars(found.module).items():
        if it is value:
            return name
    raise Failed(f"{found.file} has no name for {value!r}: import it there, then try again")


def _address(found: Found, function: str) -> str:
    if isinstance(vars(found.module).get("API"), str):
        return f'f"{{API}}/{function}"'
    return f'"{_API}/{function}"'


def _payload(function: str) -> str:
    return "".join(word.capitalize() for word in function.split("_"))


def _recorded(found: Found, name: str) -> tuple[Path, ...]:
    """Record what it makes of a sample, and of the least that an event may hold."""
    action = found.destination.actions[name]
    made = customer(found.destination, _settings(found), {}, stands_in=True)
    mapping = action.payload.default_mapping()
    tasks = {
        kind: trying.task(found.destination, action, [event], mapping, made)
        for kind, event in _EVENTS.items()
    }
    kept = (asyncio.run(recording.imagined(it, found.folder, kind)) for kind, it in tasks.items())
    return tuple(it.file for it in kept)


def _settings(found: Found) -> dict[str, object]:
    """The settings of its recordings, which it is known to accept."""
    recordings = each(found.folder, found.destination.actions)
    known = (it.settings for it in recordings if isinstance(it, Recording) and it.settings)
    return dict(next(known, {}))


def _tell(guide: Path, name: str, title: str) -> None:
    """Name the action where the guide tells of actions, as the contract asks."""
    if not guide.is_file():
        return
    before, heading, after = guide.read_text("utf-8").partition(_ACTIONS)
    own, following, rest = after.partition(_NEXT_HEADING)
    section = f"### {title} (`{name}`)\n\nSends one request for each event.\n"
    told = f"{before}{heading or _ACTIONS}{own.rstrip()}\n\n{section}{following}{rest}"
    guide.write_text(told, "utf-8")
