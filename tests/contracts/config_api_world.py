"""A workspace with a source, a destination and a filter, and every call of the Config API in it."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from headgate.api.config.calls import OPERATIONS
from headgate.api.config.handlers import load
from headgate.store.tables import metadata
from tests.contracts.access.config import CONFIG_ACCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.api.asking import Answer, Asking

load()
OPS = list(CONFIG_ACCESS)
NAMED = re.compile(r"\{(\w+)\}")
UNTOUCHED = {"audit", "tokens", "numbers", "revision", "marks"}
"""Tables in which a call that was refused may leave something: who was refused, and when."""
_FRESH = count()


class ConfigWorld(NamedTuple):
    """`names` are those of the paths; `token` is an owner's."""

    api: Asking
    token: str
    names: Mapping[str, str]

    def call(self, op: str, token: str | None = None, **others: str) -> Answer:
        """The operation's own call with the names of this world, but for those that are given."""
        names = {**self.names, **others}
        parent = f"workspaces/{names['workspace']}/sources/{names['source']}"
        fresh = f"fresh-{next(_FRESH)}"
        known = {
            "fresh": fresh,
            "newSource": f"workspaces/{names['workspace']}/sources/{fresh}",
            "newDestination": f"{parent}/destinations/{names['other']}",
        }
        operation, row = OPERATIONS[op], CONFIG_ACCESS[op]
        path = NAMED.sub(lambda found: names[found[1]], operation.path)
        body = b"" if row.body is None else filled(row.body, known)
        shown = self.token if token is None else token
        return self.api.call(operation.method, f"/v1beta{path}", body, token=shown)

    def rows(self) -> dict[str, list[Any]]:
        """Everything that the store holds, but for what a refusal may leave."""
        with self.api.store.read() as transaction:
            return {
                table.name: sorted(map(str, transaction.connection.execute(select(table))))
                for table in metadata.sorted_tables
                if table.name not in UNTOUCHED
            }


def config_world(api: Asking, workspace: str, token: str, slug: str) -> ConfigWorld:
    """The same slugs may be in two workspaces."""
    names = {
        "workspace": workspace,
        "source": slug,
        "destination": "webhook",
        "other": "slack",
        "kind": "javascript",
        "entry": "webhook",
        "filter": "",
    }
    world = ConfigWorld(api, token, names)
    made = {"name": f"workspaces/{workspace}/sources/{slug}", "catalog_name": "catalog/sources/go"}
    path = f"/v1beta/workspaces/{workspace}/sources"
    assert api.call("POST", path, {"source": made}, token=token).status == 200
    assert world.call("create_destination", other="webhook").status == 200
    filter_name: str = world.call("create_filter").json["name"]
    return world._replace(names={**names, "filter": filter_name.rpartition("/")[2]})


def filled(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: filled(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, known) for each in value]
    return known[value[1:]] if isinstance(value, str) and value.startswith("$") else value
