"""What was stored and could not be published stopped every later change, and the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.control.errors import Refused
from headgate.control.publication import check_publishable
from headgate.store.commands import Commands
from headgate.store.connections import Connections
from headgate.store.database import Store, open_store
from headgate.store.sources import Sources
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.folder import DataFolder


@pytest.fixture
def store(folder: DataFolder) -> Iterator[Store]:
    with open_store(folder) as store:
        yield store


@pytest.mark.parametrize("args", [{"status": 1 << 64}, {"message_ids": ["a\udcff"]}])
def test_what_cannot_be_published_is_rolled_back(store: Store, args: dict[str, object]) -> None:
    with store.write() as transaction:
        workspace = Workspaces(transaction).add("demo").id
        source = Sources(transaction, workspace).add(
            slug="web", name="Web", enabled=True, answers="strict", labels={}
        )
        joined = Connections(transaction, workspace).add(
            slug="hook", source=source.id, destination="webhook"
        )
    with pytest.raises(Refused, match="cannot be kept"):
        given(store, workspace, joined.id, args)
    with store.read() as transaction:
        assert not Commands(transaction, workspace).all()


def given(store: Store, workspace: str, connection: str, args: dict[str, object]) -> None:
    with store.write() as transaction:
        commands = Commands(transaction, workspace)
        commands.add(connection=connection, kind="redrive", args=args, at=1)
        check_publishable(transaction)
