"""The cases of the comparison: what both, an original and ours, are asked to do."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from tests.agreement.originals import Question, Response

FOLDER: Final = Path(__file__).parent / "cases"
SAME: Final = "like"
"""The member of an event that names the event of `events.json` that it changes."""

Event: TypeAlias = str | dict[str, Any]
"""The name of an event of `events.json`, or changes of one: a merge patch (RFC 7396)."""


class Case(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A line of a file; `says` tells what is special, the others are those of a question."""

    id: str
    says: str
    call: str = "action"
    action: str | None = None
    event: Event | None = None
    events: list[Event] | None = None
    settings: dict[str, Any] = {}
    mapping: dict[str, Any] = {}
    use_default_mappings: bool = False
    auth: dict[str, Any] | None = None
    input: dict[str, Any] | None = None
    responses: list[Response] = []

    def question(self, original: str) -> Question:
        """Give what is asked of an original, named by its folder in the package."""
        own = {key: value for key, value in msgspec.structs.asdict(self).items() if key in _SHARED}
        return Question(
            destination=original,
            event=None if self.event is None else event(self.event),
            events=None if self.events is None else [event(each) for each in self.events],
            **own,
        )


_SHARED: Final = {"call", "action", "settings", "mapping", "use_default_mappings"} | {
    "auth",
    "input",
    "responses",
}


def cases(original: str) -> list[Case]:
    """Read the cases of an original, named by its folder in the package."""
    lines = (FOLDER / f"{original}.jsonl").read_bytes()
    return msgspec.json.Decoder(Case).decode_lines(lines)


def event(told: Event) -> dict[str, Any]:
    """Give the event that a case names."""
    if isinstance(told, str):
        return _events()[told]
    changes = {key: value for key, value in told.items() if key != SAME}
    patched: dict[str, Any] = _patched(_events()[told[SAME]] if SAME in told else {}, changes)
    return patched


@cache
def _events() -> dict[str, dict[str, Any]]:
    return msgspec.json.decode(
        (FOLDER / "events.json").read_bytes(), type=dict[str, dict[str, Any]]
    )


def _patched(value: Any, changes: Any) -> Any:
    if not isinstance(changes, dict):
        return changes
    there = value if isinstance(value, dict) else {}
    changed = {key: _patched(there.get(key), each) for key, each in changes.items()}
    return {
        key: each for key, each in {**there, **changed}.items() if changes.get(key, 0) is not None
    }
