"""The rows of one table that belong to one workspace, as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from sqlalchemy import and_, delete, func, insert, select, update

from headgate.store.errors import NotFound

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select, Table

    from headgate.store.database import Transaction

R = TypeVar("R", bound=msgspec.Struct)
Ids = tuple[str, ...] | None
"""Some ids, or None for no limit to any."""


class Rows(Generic[R]):
    """Reads and writes only this workspace's rows: there is no way to name another's.

    `key` is the column that, with the workspace, names a row.
    """

    def __init__(
        self, transaction: Transaction, workspace: str, table: Table, shape: type[R], key: str
    ) -> None:
        self._connection = transaction.connection
        self._workspace, self._table, self._shape, self._key = workspace, table, shape, key

    def all(self, *, order: str, **equal: Any) -> tuple[R, ...]:
        """Those whose columns equal what is given; for a tuple, one of its members."""
        return self._found(self._select(**equal).order_by(self._table.c[order]))

    def some(self, ids: Ids, *, order: str, of: str = "") -> tuple[R, ...]:
        """Those with one of the ids in their key, or in the column `of`; None for all."""
        return self.all(order=order, **({} if ids is None else {of or self._key: ids}))

    def two(self, key: str, value: str, ids: Ids) -> dict[Any, Any]:
        """One column by another, of rows that `some` would give, without the rest of each."""
        columns = self._table.c
        equal = {} if ids is None else {self._key: ids}
        query = select(columns[key], columns[value]).where(self._mine(**equal))
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def page(self, *, order: str, after: Any, most: int, **equal: Any) -> tuple[R, ...]:
        """The first `most` whose column `order` is above `after`; None begins at the first."""
        column = self._table.c[order]
        query = self._select(**equal).order_by(column).limit(most)
        return self._found(query if after is None else query.where(column > after))

    def count(self, **equal: Any) -> int:
        query = select(func.count()).select_from(self._table).where(self._mine(**equal))
        return int(self._connection.execute(query).scalar_one())

    def one(self, name: str) -> R:
        """Raises NotFound."""
        found = self.all(order=self._key, **{self._key: name})
        self._must_be_one(len(found), name)
        return found[0]

    def _select(self, **equal: Any) -> Select[Any]:
        columns = [self._table.c[field] for field in self._shape.__struct_fields__]
        return select(*columns).where(self._mine(**equal))

    def _found(self, query: Select[Any]) -> tuple[R, ...]:
        fields = self._shape.__struct_fields__
        return tuple(
            msgspec.convert(dict(zip(fields, row, strict=True)), self._shape, str_keys=True)
            for row in self._connection.execute(query)
        )

    def insert(self, record: R) -> R:
        values = msgspec.to_builtins(record) | {"workspace_id": self._workspace}
        self._connection.execute(insert(self._table).values(values))
        return record

    def update(self, record: R) -> None:
        values = msgspec.to_builtins(record)
        where = self._mine(**{self._key: values[self._key]})
        done = self._connection.execute(update(self._table).where(where).values(values))
        self._must_be_one(done.rowcount, values[self._key])

    def delete(self, name: str) -> None:
        where = self._mine(**{self._key: name})
        done = self._connection.execute(delete(self._table).where(where))
        self._must_be_one(done.rowcount, name)

    def delete_all(self, **equal: Any) -> int:
        """How many there were."""
        done = self._connection.execute(delete(self._table).where(self._mine(**equal)))
        return int(done.rowcount)

    def _mine(self, **equal: Any) -> ColumnElement[bool]:
        columns = self._table.c
        return and_(
            columns.workspace_id == self._workspace,
            *(
                columns[name].in_(value) if isinstance(value, tuple) else columns[name] == value
                for name, value in equal.items()
            ),
        )

    def _must_be_one(self, count: int, name: str) -> None:
        if count != 1:
            raise NotFound(f"this workspace has no {name} in {self._table.name}")
