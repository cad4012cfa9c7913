"""The settings of a connection or warehouse: what people give, and what they are shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from headgate.control import masked
from headgate.control.catalogue import text_fault, texts_of
from headgate.control.errors import Invalid, Problem, Refused
from headgate.store.errors import SecretKeyUnusable, SecretUnreadable
from headgate.store.secrets import is_sealed, secret_place

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from headgate.control.work import Work

_UNREADABLE: Final = ()
"""Stands for a secret that does not open: it is masked like one of which nothing may be seen."""
_ENVELOPES: Final = frozenset({"@secret", "@sealed"})


class Holder(Protocol):
    """A record with settings: its secrets are sealed to its id."""

    @property
    def id(self) -> str: ...

    @property
    def settings(self) -> dict[str, Any]: ...


class Entry(Protocol):
    """An entry of a catalogue, which declares settings."""

    @property
    def name(self) -> str: ...

    def settings(self) -> Mapping[str, Any]:
        """By stored name."""
        ...


def shown(work: Work, holder: Holder) -> dict[str, Any]:
    """The settings with each secret masked."""
    sealed = {key for key, value in holder.settings.items() if is_sealed(value)}
    secrets = {key: _known(work, holder, key) for key in sealed}
    return masked.shown({**holder.settings, **secrets}, sealed)


def opened(work: Work, holder: Holder, setting: str) -> Any:
    """A secret in plain text. Raises Refused when this key does not open it."""
    place = secret_place(work.workspace.id, holder.id, setting)
    try:
        return work.box.open(holder.settings[setting], place)
    except (SecretKeyUnusable, SecretUnreadable) as error:
        raise Refused(str(error)) from None


def _known(work: Work, holder: Holder, setting: str) -> Any:
    """A secret as far as it is known, to be masked."""
    try:
        return opened(work, holder, setting)
    except Refused:
        return _UNREADABLE


def merged(work: Work, holder: Holder, entry: Entry, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given over what there is: None takes away, a secret as it was shown stays sealed.

    Raises Invalid.
    """
    there = holder.settings
    stays = {
        key
        for key in given
        if is_sealed(there.get(key)) and masked.is_untouched(given[key], _known(work, holder, key))
    }
    changed = checked(entry, given, stays)
    return {
        key: value
        for key, value in {**there, **changed}.items()
        if key in changed or key in stays or key not in given
    }


def checked(entry: Entry, given: Mapping[str, Any], stays: Collection[str] = ()) -> dict[str, Any]:
    """Those that are given and change, without the absent. Raises Invalid for unknown ones."""
    known = entry.settings()
    problems = [
        Problem(f"settings.{key}", f"is no setting of {entry.name}")
        for key in given
        if key not in known
    ]
    problems += [
        Problem(f"settings.{key}", "must be the value itself")
        for key, value in given.items()
        if isinstance(value, dict) and _ENVELOPES & value.keys()
    ]
    problems += [
        Problem(f"settings.{key}", fault)
        for key in texts_of(known) & given.keys()
        if (fault := text_fault(given[key]))
    ]
    if problems:
        raise Invalid(problems)
    return {key: value for key, value in given.items() if key not in stays and value is not None}
