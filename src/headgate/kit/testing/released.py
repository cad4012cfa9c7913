"""The names by which customers' settings and mappings know a destination: they never change.

`python -m headgate.kit.testing.released PACKAGE` writes those of a package to its `released.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from headgate.kit.destination import Destination

Names: TypeAlias = Mapping[str, Any]
"""Names as the keys of nested objects, which are empty where nothing is below a name."""


def names(destination: Destination[Any]) -> dict[str, Any]:
    """Give the stored names of settings, actions, fields, hooks and presets."""
    return {
        "settings": _fields(destination.settings.stored_fields()),
        "actions": {
            slug: {
                "fields": _fields(action.payload.stored_fields()),
                "hooks": {name: {} for name in sorted(action.hooks)},
            }
            for slug, action in sorted(destination.actions.items())
        },
        "presets": {preset.name: {} for preset in destination.presets},
    }


def _fields(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Fields, and the fields within them."""
    return {key: _fields(stored[key].get("properties", {})) for key in sorted(stored)}


def removed(before: Names, now: Names, within: str = "") -> Iterator[str]:
    """Name what was there before and is not now, as paths such as `actions/send/fields/url`."""
    for name, below in before.items():
        path = f"{within}{name}"
        if name not in now:
            yield path
        else:
            yield from removed(below, now[name], f"{path}/")


def release(package: str) -> str:
    """Write the names of a package's destination, and give the path of the file.

    Raises `SystemExit` rather than lose a name, and `UnknownSubject`.
    """
    from headgate.kit.testing.subject import RELEASED, load

    subject = load(package)
    now = names(subject.destination)
    if gone := [*removed(subject.released or {}, now)]:
        raise SystemExit(f"released names never go: {', '.join(gone)}")
    path = subject.folder / RELEASED
    path.write_text(json.dumps(now, indent=1) + "\n", "utf-8")
    return str(path)


if __name__ == "__main__":
    for each in sys.argv[1:]:
        sys.stdout.write(f"{release(each)}\n")
