"""Brings about what an actor wants of a few sources and connections, as a declaration would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headgate.control.declaring.connection_section import read_connection
from headgate.control.declaring.enactment import Enactment
from headgate.control.declaring.plan import plan
from headgate.control.declaring.reading import Section
from headgate.control.declaring.settling import Settlement
from headgate.control.errors import DeclarationError, Invalid, Problem
from headgate.control.noting import notes
from headgate.store.secrets import is_sealed

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.control.declaring.changes import Change
    from headgate.control.declaring.declared import Declared, DeclaredConnection
    from headgate.control.declaring.holdings import Holdings
    from headgate.control.work import Work


def bring_about(
    work: Work,
    held: Holdings,
    wanted: Declared,
    *,
    prune: bool = False,
    is_noted: bool = True,
) -> list[tuple[Change, str]]:
    """Make what is held what is wanted; with `prune` what is held and not wanted goes.

    Returns each change with the id of what it was about. Raises Invalid, and then nothing has
    changed. Writes each change down, unless the
    caller does that in words of its own.
    """
    try:
        settled = Settlement(held, work.box, {}, work.premises.catalogue).settle(wanted)
        decided = plan(held.declared(), settled, prune=prune)
    except DeclarationError as error:
        raise Invalid(Problem(_own(each.path), each.message) for each in error.problems) from None
    heads = work.premises.heads()
    done = Enactment(work.transaction, held, work.box, heads, work.now).enact(decided)
    work.is_configuration_changed |= bool(done)
    for each in notes(done) if is_noted else ():
        work.note(each.type, each.resource_type, each.resource, each.name, each.what)
    return done


def _own(path: str) -> str:
    """A path without the place that the thing would have in a file: there is only this one."""
    return re.sub(r"^(sources|connections)\[\d+\]\.", "", path)


def read(reading: Callable[[Section], Any], given: dict[str, Any]) -> Any:
    """Read what was given as a section of a declaration file is read. Raises Invalid."""
    problems: list[Problem] = []
    result = reading(Section(given, "", problems))
    if problems:
        raise Invalid(problems)
    return result


def connection_from(work: Work, given: dict[str, Any]) -> DeclaredConnection:
    """A connection in the shape of the declaration file; stored secrets stay as they are.

    Raises Invalid, with paths such as `settings.apiKey`.
    """
    settings = given.get("settings", {})
    sealed = {name for name, value in settings.items() if is_sealed(value)}
    secret = {name: {"@secret": f"{given['slug']}.{name}"} for name in sealed}
    told = {**given, "settings": {**settings, **secret}}
    connection: DeclaredConnection = read(
        lambda section: read_connection(section, work.premises.catalogue), told
    )
    return connection
