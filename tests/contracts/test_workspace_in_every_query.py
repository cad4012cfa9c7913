"""No statement reads or writes the rows of a workspace without naming that workspace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Delete, Insert, Select, Table, Update, event, select
from sqlalchemy.engine import Engine
from sqlalchemy.sql import visitors

from headgate.control.nouns import tokens
from headgate.store.tables import metadata, sources
from tests.contracts.test_public_api_access import OPS, World
from tests.unit.api.asking import asking

if TYPE_CHECKING:
    from pathlib import Path

OF_A_WORKSPACE = {table.name for table in metadata.sorted_tables if "workspace_id" in table.c}
BY_A_SECRET = {
    "tokens": "hash",
    "write_keys": "key",
    "invites": "hash",
    "oauth_apps": "slug",
}
"""What is looked up in all workspaces: by the column that tells which workspace it is."""


def fault_of(statement: Any) -> str | None:
    """What is wrong with a statement, if it touches rows of workspaces."""
    touched = {table.name for table in tables_in(statement)} & OF_A_WORKSPACE
    if not touched or isinstance(statement, Insert):
        return None
    if not isinstance(statement, Select | Update | Delete):
        return f"nobody can tell whose rows it touches: {statement}"
    named = {table for table, column in columns_in(statement) if column in _telling(table)}
    missing = touched - named
    return f"{statement} names no workspace for {missing}" if missing else None


def _telling(table: str) -> set[str | None]:
    return {"workspace_id", BY_A_SECRET.get(table)}


def columns_in(statement: Any) -> Iterator[tuple[str, str]]:
    """The columns that the condition of a statement is about, by table."""
    if statement.whereclause is None:
        return
    for each in visitors.iterate(statement.whereclause):
        column: Any = each
        if getattr(column, "table", None) is not None:
            yield column.table.name, column.name


def tables_in(statement: Any) -> Iterator[Table]:
    if isinstance(statement, Update | Delete | Insert):
        yield statement.table  # type: ignore[misc]
    elif isinstance(statement, Select):
        yield from (each for each in statement.get_final_froms() if isinstance(each, Table))


@contextmanager
def watched() -> Iterator[list[str]]:
    """Every statement of the block that names no workspace, and touches one."""
    faults: list[str] = []

    def look(_: Any, statement: Any, *__: Any) -> None:
        if not isinstance(statement, str) and (fault := fault_of(statement)):
            faults.append(fault)

    event.listen(Engine, "before_execute", look)
    try:
        yield faults
    finally:
        event.remove(Engine, "before_execute", look)


def test_every_call_of_the_public_api_names_its_workspace(tmp_path: Path) -> None:
    api = asking(tmp_path)
    with watched() as faults:
        home = World(api, api.workspace.id, api.owner, "home")
        for op in OPS:
            if not op.startswith(("delete_", "remove_")):
                home.call(op, api.owner)
        for op in OPS:
            if op.startswith(("delete_", "remove_")):
                home.call(op, api.owner)
        with api.control.read(api.operator()) as work:
            tokens.listed(work)
    assert faults == []


@pytest.mark.parametrize(
    "statement",
    [
        select(sources.c.id),
        select(sources.c.id).where(sources.c.id == "src"),
        sources.update().where(sources.c.id == "src").values(name="x"),
        sources.delete(),
    ],
)
def test_a_statement_that_names_none_is_found_out(statement: Any) -> None:
    assert fault_of(statement)
    assert not fault_of(statement.where(sources.c.workspace_id == "wsp"))
