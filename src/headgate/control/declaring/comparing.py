"""Compares two declarations: what would make the first the second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate.control.declaring.changes import Change, DeclaredWorkspace
from headgate.control.declaring.declared import Reference
from headgate.control.declaring.plan import changes

if TYPE_CHECKING:
    from headgate.control.declaring.declaration import Declaration
    from headgate.control.declaring.declared import Declared, DeclaredConnection


def compared(before: Declaration, after: Declaration) -> tuple[Change, ...]:
    """Everything that differs, in both directions; a section that is absent is empty.

    A secret that only one of the two tells may be the same, and counts as that.
    """
    one, two = _whole(before.content), _whole(after.content)
    hidden = _references(one) | _references(two)
    found = changes(_hiding(one, hidden), _hiding(two, hidden), prune=True)
    return (*_renamed(before, after), *found)


def _renamed(before: Declaration, after: Declaration) -> list[Change]:
    was, to = (
        DeclaredWorkspace(name=each.content.name or each.workspace) for each in (before, after)
    )
    if was == to:
        return []
    name = after.workspace
    return [Change(verb="update", noun="workspace", name=name, what=("name",), was=was, to=to)]


def _whole(content: Declared) -> Declared:
    return msgspec.structs.replace(
        content,
        warehouses=content.warehouses or {},
        labels=content.labels or {},
        users=content.users or {},
        groups=content.groups or {},
    )


def _references(content: Declared) -> set[str]:
    """The secrets that a file does not tell."""
    settings = [each.settings for each in content.connections.values()]
    return {
        value.name for each in settings for value in each.values() if isinstance(value, Reference)
    }


def _hiding(content: Declared, names: set[str]) -> Declared:
    connections = {slug: _hidden(each, names) for slug, each in content.connections.items()}
    return msgspec.structs.replace(content, connections=connections)


def _hidden(connection: DeclaredConnection, names: set[str]) -> DeclaredConnection:
    settings: dict[str, Any] = {
        field: Reference(name) if (name := f"{connection.slug}.{field}") in names else value
        for field, value in connection.settings.items()
    }
    return msgspec.structs.replace(connection, settings=settings)
