"""What control asks of the catalogue: which destinations there are, and what fits them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headgate.store.snapshot import Language, Mode

_TEXTS: Final = ("string", "text", "password")


@dataclass(frozen=True)
class ActionEntry:
    """One operation of a destination, with what it suggests for a new subscription."""

    mapping: Mapping[str, Any] = field(default_factory=dict)
    """The declared default of each field, in stored form."""
    trigger: str | None = None


@dataclass(frozen=True)
class DestinationEntry:
    """A tool that events can be sent to, by us (`cloud`) or by a plugin in the page (`device`)."""

    check_settings: Callable[[Mapping[str, Any]], object]
    """Raises ValueError for settings, in plain text, that the destination cannot use."""
    secrets: frozenset[str]
    """Stored names of the settings to seal."""
    actions: Mapping[str, ActionEntry]
    mode: Mode = "cloud"
    texts: frozenset[str] = frozenset()
    """Stored names of the settings that are texts: a number is none."""


def texts_of(fields: Mapping[str, Any]) -> frozenset[str]:
    """Which declared fields, in stored form, are texts, or lists of texts."""
    return frozenset(key for key, form in fields.items() if form.get("type") in _TEXTS)


def text_fault(value: object) -> str | None:
    """What is wrong with a number or a flag in place of a text, if that is what it is.

    The kit makes a text of it, as Segment's does; where people configure something it is a
    mistake, such as an account 007 without quotes.
    """
    given = value if isinstance(value, list) else [value]
    is_other = any(isinstance(each, bool | int | float) for each in given)
    return "must be text: put it in quotes" if is_other else None


class WrongMode(LookupError):
    """There is such a destination, but not for this mode; the message says for which."""


class Catalogue(Protocol):
    """Every destination, and the languages that subscriptions are written in."""

    def destination(self, slug: str, mode: Mode | None = None) -> DestinationEntry:
        """Give the destination of a mode; of no mode the cloud one, else that of pages.

        Raise LookupError, saying what there is, when there is no such destination, or WrongMode.
        """
        ...

    def check_trigger(self, text: str, mode: Language) -> None:
        """Raise ValueError, saying where and why, when `text` is no trigger."""
        ...

    def check_mapping(self, given: Mapping[str, Any], mode: Language) -> None:
        """Raise ValueError, saying where and why, when `given` is no mapping."""
        ...

    def check_page_mapping(self, given: Mapping[str, Any]) -> None:
        """Raise ValueError, saying where and why, when pages cannot run `given`."""
        ...


def installed() -> Catalogue:
    """What this installation has; pydantic and the destinations are loaded only now."""
    from headgate.control.installed import InstalledCatalogue

    return InstalledCatalogue()
