"""The settings of a connection: what people give, and what they are shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.control import masked
from headgate.control.errors import Invalid, Problem, Refused
from headgate.store.errors import SecretKeyUnusable, SecretUnreadable
from headgate.store.secrets import is_sealed, secret_place

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from headgate.control.nouns.destinations import Entry
    from headgate.control.work import Work
    from headgate.store.records import ConnectionRecord

_UNREADABLE: Final = ()
"""Stands for a secret that does not open: it is masked like one of which nothing may be seen."""
_ENVELOPES: Final = frozenset({"@secret", "@sealed"})


def shown(work: Work, connection: ConnectionRecord) -> dict[str, Any]:
    """The settings with each secret masked."""
    sealed = {key for key, value in connection.settings.items() if is_sealed(value)}
    secrets = {key: _known(work, connection, key) for key in sealed}
    return masked.shown({**connection.settings, **secrets}, sealed)


def opened(work: Work, connection: ConnectionRecord, setting: str) -> Any:
    """A secret in plain text. Raises Refused when this key does not open it."""
    place = secret_place(work.workspace.id, connection.id, setting)
    try:
        return work.box.open(connection.settings[setting], place)
    except (SecretKeyUnusable, SecretUnreadable) as error:
        raise Refused(str(error)) from None


def _known(work: Work, connection: ConnectionRecord, setting: str) -> Any:
    """A secret as far as it is known, to be masked."""
    try:
        return opened(work, connection, setting)
    except Refused:
        return _UNREADABLE


def merged(
    work: Work, connection: ConnectionRecord, entry: Entry, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What is given over what there is: None takes away, a secret as it was shown stays sealed.

    Raises Invalid.
    """
    there = connection.settings
    stays = {
        key
        for key in given
        if is_sealed(there.get(key))
        and masked.is_untouched(given[key], _known(work, connection, key))
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
        Problem(f"settings.{key}", f"is no setting of {entry.declared.name}")
        for key in given
        if key not in known
    ]
    problems += [
        Problem(f"settings.{key}", "must be the value itself")
        for key, value in given.items()
        if isinstance(value, dict) and _ENVELOPES & value.keys()
    ]
    if problems:
        raise Invalid(problems)
    return {key: value for key, value in given.items() if key not in stays and value is not None}
