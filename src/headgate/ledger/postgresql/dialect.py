"""Queries that the ledgers share, as PostgreSQL and its driver write them."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_RULES = (
    (r"%", "%%"),
    (r"select value ->> 0, value ->> 1 from json_each\((:\w+)\)",
     r"select (value ->> 0)::integer, (value ->> 1)::bigint from json_array_elements(\1::json)"),
    (r"\bin \(select value from json_each\((:\w+|\?)\)\)", r"= any(\1)"),
    (r" indexed by \w+", ""),
    (r"\bcross join\b", "join"),
    (r"(?<!:):([a-z]\w*)", r"%(\1)s"),
    (r"\?", "%s"),
)  # fmt: skip
"""Names of values with a colon stand before casts, whose two colons are left alone."""
_LISTS = re.compile(r"select value from json_each\(:?(\w+|\?)\)")


@cache
def translated(query: str) -> bytes:
    """A query for SQLite, of those that both databases understand but for their spelling."""
    for pattern, text in _RULES:
        query = re.sub(pattern, text, query)
    return query.encode()


@cache
def _lists(query: str) -> frozenset[str]:
    """Names of values that are lists, which SQLite takes as JSON; `?` is the only one."""
    return frozenset(_LISTS.findall(query))


def values_of(query: str, values: Any) -> Any:
    """The values of a query for SQLite, with lists as they are."""
    lists = _lists(query)
    if not lists:
        return values
    if "?" in lists:
        return tuple(map(json.loads, values))
    return {**values, **{name: json.loads(values[name]) for name in lists}}


class Portable:
    """A connection that understands the queries of the ledger files."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, query: str, values: Any = ()) -> Any:
        return self._connection.execute(translated(query), values_of(query, values))

    def executemany(self, query: str, rows: Iterable[Any]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(translated(query), list(rows))
