"""Queries that the ledgers share, as PostgreSQL and its driver write them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_RULES = (
    (r"%", "%%"),
    (r"select value ->> 0, value ->> 1 from json_each\((:\w+)\)",
     r"select (value ->> 0)::integer, (value ->> 1)::bigint from json_array_elements(\1::json)"),
    (r"select value from json_each\(:lanes\)",
     r"select value::bigint from json_array_elements_text(:lanes::json)"),
    (r"select value from json_each\((:\w+|\?)\)",
     r"select value from json_array_elements_text(\1::json)"),
    (r" indexed by \w+", ""),
    (r"\bcross join\b", "join"),
    (r"(?<!:):([a-z]\w*)", r"%(\1)s"),
    (r"\?", "%s"),
)  # fmt: skip
"""Names of values with a colon stand before casts, whose two colons are left alone."""


@cache
def translated(query: str) -> bytes:
    """A query for SQLite, of those that both databases understand but for their spelling."""
    for pattern, text in _RULES:
        query = re.sub(pattern, text, query)
    return query.encode()


class Portable:
    """A connection that understands the queries of the ledger files."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, query: str, values: Any = ()) -> Any:
        return self._connection.execute(translated(query), values)

    def executemany(self, query: str, rows: Iterable[Any]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany(translated(query), list(rows))
