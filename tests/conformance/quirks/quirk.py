"""One quirk of Segment, what each mode makes of it, and examples that are run in both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

from headgate import mapping, trigger
from headgate.kit import validation
from headgate.mapping import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping import Json, Mode
    from headgate.mapping.values import Undefined


class Refused(NamedTuple):
    """An example that has no result, and what is said instead."""

    why: str
    when: Literal["saved", "run"] = "run"


Outcome: TypeAlias = "Json | Undefined | Refused"


class Given(Protocol):
    """What an example starts from."""

    @property
    def shown(self) -> dict[str, str]:
        """Its parts, as the page shows them."""

    def run(self, mode: Mode) -> Outcome:
        """What a mode makes of it."""


class Example(NamedTuple):
    """What each mode makes of the same thing."""

    given: Given
    compatible: Outcome
    strict: Outcome


class Quirk(NamedTuple):
    """An item of kit-behaviour 16, in our words. `strict` is left out where the modes agree."""

    item: str
    title: str
    segment: str
    compatible: str
    strict: str = ""
    examples: tuple[Example, ...] = ()
    unshown: str = ""
    """Why there is no example here."""


class Mapped(NamedTuple):
    """A directive and an event: the value of one field, or UNDEFINED."""

    directive: Json
    event: dict[str, Any]

    @property
    def shown(self) -> dict[str, str]:
        return {"mapping": text(self.directive), "event": text(self.event)}

    def run(self, mode: Mode) -> Outcome:
        try:
            mapper = mapping.compile({"out": self.directive}, mode)
        except mapping.MappingError as error:
            return Refused(str(error), "saved")
        try:
            fields = mapper(self.event)
        except mapping.MappingError as error:
            return Refused(str(error))
        return fields.get("out", UNDEFINED) if isinstance(fields, dict) else fields


class Tested(NamedTuple):
    """A trigger and an event: whether it matches."""

    trigger: str
    event: dict[str, Any]

    @property
    def shown(self) -> dict[str, str]:
        return {"trigger": self.trigger, "event": text(self.event)}

    def run(self, mode: Mode) -> Outcome:
        try:
            return trigger.compile(self.trigger, mode).matches(self.event)
        except trigger.TriggerError as error:
            return Refused(str(error), "saved")


class Checked(NamedTuple):
    """Declared fields and what a mapping gave: the payload, or what is wrong with it.

    Labels are the keys in upper case.
    """

    fields: dict[str, Any]
    payload: dict[str, Any]
    in_batch: bool = False

    @property
    def shown(self) -> dict[str, str]:
        where = ", in a batch" if self.in_batch else ""
        return {"fields": text(self.fields), "payload": text(self.payload) + where}

    def run(self, mode: Mode) -> Outcome:
        try:
            check = validation.compile(validation.read(_labelled(self.fields)), mode)
        except validation.DefinitionError as error:
            return Refused(" ".join(error.faults), "saved")
        payload, problems = check(self.payload, in_batch=self.in_batch)
        return Refused(" ".join(each.message for each in problems)) if problems else payload


def _labelled(fields: dict[str, Any]) -> dict[str, Any]:
    labelled = {key: {"label": key.upper(), **field} for key, field in fields.items()}
    for field in labelled.values():
        if "properties" in field:
            field["properties"] = _labelled(field["properties"])
    return labelled


def text(value: object) -> str:
    """JSON in one line; two values are the same if their texts are."""
    return json.dumps(value, ensure_ascii=False)
