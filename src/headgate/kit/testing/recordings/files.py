"""Recordings as files: one YAML file for each, `<action>.yaml` or `<action>-<name>.yaml`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import yaml

from headgate.kit.testing.recordings.form import Recording

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

FOLDER: Final = "recordings"
WAIVERS: Final = "waivers"
_WIDTH = 96


class UnreadableRecording(ValueError):
    """A file that is no recording; the message names the file and the place."""


class _Loader(yaml.SafeLoader):
    """YAML for events: times stay text, and of words only `true` and `false` are no text."""


_Loader.yaml_implicit_resolvers = {
    letter: [
        (tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))
    ]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true|false"), ["t", "f"])


def load(path: Path) -> Any:
    """Give what a YAML file says. Raises `UnreadableRecording`."""
    try:
        return yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise UnreadableRecording(f"{path.name} is no YAML: {error}") from None


def read(path: Path, actions: Collection[str]) -> Recording:
    """Read one recording; its action, one of `actions`, is the longest that begins its name.

    Raises `UnreadableRecording`.
    """
    said = load(path)
    try:
        recording: Recording = msgspec.convert(said, Recording)
    except (msgspec.ValidationError, ValueError) as error:
        raise UnreadableRecording(f"{path.name} is no recording: {error}.") from None
    named = msgspec.structs.replace(recording, name=path.stem)
    if not recording.given_events():
        return named
    if action := recording.action or _action(path.stem, actions):
        return msgspec.structs.replace(named, action=action)
    known = ", ".join(actions) or "none"
    raise UnreadableRecording(f"{path.name} must begin with an action's slug, of: {known}.")


def each(folder: Path, actions: Collection[str]) -> Iterator[Recording | UnreadableRecording]:
    """Read the recordings of a destination, which lie in `recordings/` of its folder."""
    for path in sorted((folder / FOLDER).glob("*.yaml")):
        if path.stem != WAIVERS:
            try:
                yield read(path, actions)
            except UnreadableRecording as error:
                yield error


def dump(recording: Recording) -> str:
    """Give the YAML of a recording."""
    said = msgspec.to_builtins(recording)
    defaults = msgspec.to_builtins(
        Recording(check=True, exchanges=[])  # the smallest there is
    )
    kept = {key: it for key, it in said.items() if it != defaults.get(key) and key != "name"}
    if recording.check:
        kept["check"] = True
    return str(yaml.safe_dump(_plain(kept), sort_keys=False, allow_unicode=True, width=_WIDTH))


def write(recording: Recording, folder: Path) -> Path:
    """Write a recording to `recordings/` of a destination's folder, under its name."""
    path = folder / FOLDER / f"{recording.name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(dump(recording), "utf-8")
    return path


def _action(stem: str, actions: Collection[str]) -> str | None:
    fitting = [slug for slug in actions if stem == slug or stem.startswith(f"{slug}-")]
    return max(fitting, key=len, default=None)


def _plain(value: Any) -> Any:
    """Leave out what says nothing inside exchanges: empty headers, absent answers."""
    kept = dict(value)
    for exchange in kept.get("exchanges", ()):
        for part in ("response", "no_answer"):
            if exchange.get(part) is None:
                del exchange[part]
        for part in ("request", "response"):
            if part in exchange and not exchange[part].get("headers"):
                exchange[part].pop("headers", None)
    return kept
