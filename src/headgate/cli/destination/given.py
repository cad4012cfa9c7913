"""What an author gives to try an action: events and a mapping, from files or words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from headgate import trigger
from headgate.cli.failures import Failed
from headgate.clock import SystemClock, iso
from headgate.control.declaring import text
from headgate.control.errors import DeclarationError
from headgate.events.calls import CALLS
from headgate.events.samples import sample

if TYPE_CHECKING:
    from headgate.kit import Action, Destination
    from headgate.mapping import Json

SAMPLE: Final = "sample"
VARIABLE: Final = "HEADGATE_SETTING_"


def action_of(destination: Destination[Any], slug: str) -> Action[Any, Any]:
    """Find an action by its slug, or by the name of its function."""
    for action in destination.actions.values():
        if slug in (action.slug, getattr(action.perform, "__name__", "")):
            return action
    known = ", ".join(destination.actions) or "none"
    raise Failed(f"{destination.name} has no action {slug!r}; there are: {known}")


def events_of(word: str, action: Action[Any, Any]) -> list[dict[str, Any]]:
    """Read a file of one event, or of a list; or take the sample of a call, or one that fits."""
    if word == SAMPLE:
        return [_completed(sample(_call_for(action)))]
    if word in CALLS:
        return [_completed(sample(word))]
    tree = tree_of(Path(word), f"an event: name a file, `{SAMPLE}`, or {', '.join(CALLS)}")
    events = tree if isinstance(tree, list) else [tree]
    if not events or not all(isinstance(event, dict) for event in events):
        raise Failed(f"{word} must hold an event, or a list of events, as JSON or YAML")
    return [_completed(event) for event in events]


def mapping_of(action: Action[Any, Any], file: Path | None) -> dict[str, Json]:
    """Give the suggested mapping, with what a file says otherwise."""
    suggested: dict[str, Json] = action.payload.default_mapping()
    if file is None:
        return suggested
    tree = tree_of(file, "a mapping")
    if not isinstance(tree, dict):
        raise Failed(f"{file} must hold an object with the mapping of each field")
    return {**suggested, **tree}


def variable(name: str) -> str:
    """The environment variable of a setting: `sharedSecret` is HEADGATE_SETTING_SHAREDSECRET."""
    return VARIABLE + re.sub(r"[^A-Z0-9]", "_", name.upper())


def tree_of(file: Path, what: str) -> Any:
    """Read a file of JSON or YAML."""
    try:
        return text.load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"{file} cannot be read as {what}: {error}") from None
    except DeclarationError as error:
        raise Failed(f"{file} is no JSON and no YAML: {error}") from None


def _call_for(action: Action[Any, Any]) -> str:
    """The first call whose sample the suggested trigger wants; a track without one."""
    if action.trigger is None:
        return "track"
    wanted = trigger.compile(action.trigger)
    found = (call for call in ("track", *CALLS) if wanted.matches(_completed(sample(call))))
    call = next(found, None)
    if call is None:
        raise Failed(
            f"the trigger of {action.slug} wants no sample ({action.trigger}): give a file that"
            " holds an event with --event"
        )
    return call


def _completed(event: dict[str, Any]) -> dict[str, Any]:
    """Add what every event has when it is delivered."""
    now = iso(SystemClock().now_ms())
    stamps = {"messageId": "try-1", "timestamp": now, "receivedAt": now}
    return {**stamps, "context": {}, "integrations": {}, **event}
