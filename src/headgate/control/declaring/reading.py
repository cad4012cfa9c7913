"""Reads a tree of JSON values key by key and collects every problem with its path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headgate.control.declaring.text import below
from headgate.control.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Section:
    """One object of the tree. Reading it never fails: what is wrong goes to `problems`.

    A key that is wrong reads as its default, or as the empty value of its type, so that the
    rest can be read too; the caller raises when there are problems.
    """

    def __init__(self, value: Any, path: str, problems: list[Problem]) -> None:
        self.path, self._problems = path, problems
        self._values: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.refuse(f"must be an object, not {_kind(value)}")
            self._problems = []

    def allow(self, *keys: str) -> None:
        """Refuse every key but these."""
        for key in self._values:
            if key not in keys:
                self.refuse(f"unknown key; there are {', '.join(keys)}", key)

    def refuse(self, message: str, *steps: str | int) -> None:
        """`steps` lead from this object to what is wrong."""
        self._problems.append(Problem(below(self.path, *steps), message))

    def has(self, key: str) -> bool:
        return key in self._values

    def any(self, key: str) -> Any:
        return self._values.get(key)

    def text(
        self, key: str, default: str | None = None, *, like: re.Pattern[str] | None = None
    ) -> str:
        value = self._values.get(key, default)
        if value is None:
            self.refuse("is missing", key)
        elif not isinstance(value, str) or not value:
            self.refuse(f"must be text that is not empty, not {_kind(value)}", key)
        elif like is not None and not like.fullmatch(value):
            self.refuse(f"{value!r} does not match {like.pattern}", key)
        else:
            return value
        return ""

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._values.get(key, default)
        if isinstance(value, bool):
            return value
        self.refuse(f"must be true or false, not {_kind(value)}", key)
        return default

    def choice(self, key: str, *, of: Sequence[str]) -> str:
        """One of `of`, the first by default."""
        value = self._values.get(key, of[0])
        if value in of:
            return str(value)
        self.refuse(f"must be one of {', '.join(of)}, not {value!r}", key)
        return of[0]

    def object(self, key: str) -> dict[str, Any]:
        value = self._values.get(key, {})
        if isinstance(value, dict):
            return value
        self.refuse(f"must be an object, not {_kind(value)}", key)
        return {}

    def section(self, key: str) -> Section:
        return self.inner(self._values.get(key, {}), key)

    def sections(self, key: str) -> Iterator[Section]:
        for index, item in enumerate(self.items(key)):
            yield self.inner(item, key, index)

    def entries(self, key: str, short: str) -> Iterator[Section]:
        """As `sections`; a text stands for an object that has only the key `short`."""
        for index, item in enumerate(self.items(key)):
            yield self.inner({short: item} if isinstance(item, str) else item, key, index)

    def inner(self, value: Any, *steps: str | int) -> Section:
        """What stands below this object."""
        return Section(value, below(self.path, *steps), self._problems)

    def items(self, key: str) -> list[Any]:
        value = self._values.get(key, [])
        if isinstance(value, list):
            return value
        self.refuse(f"must be a list, not {_kind(value)}", key)
        return []


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if value == "":
        return "empty text"
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "an object")
