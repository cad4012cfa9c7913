"""What differs between two trees of JSON values, value by value, with the paths of the fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from headgate.control.declaring.declared import Plain, Reference
from headgate.control.declaring.text import below
from headgate.control.declaring.written import is_secret
from headgate.control.masked import BULLETS

if TYPE_CHECKING:
    from collections.abc import Iterator

ABSENT: Final = msgspec.UNSET
"""Stands for what is not there; `null` is a value."""

_LONGEST: Final = 300


class Difference(NamedTuple):
    """One value; before or after it may be absent."""

    path: str
    before: Any
    after: Any

    @property
    def sign(self) -> str:
        """`+` for what comes, `-` for what goes, `~` for what becomes something else."""
        return "+" if self.before is ABSENT else "-" if self.after is ABSENT else "~"

    @property
    def line(self) -> str:
        """`~ settings.depth: 1 -> 2`; of a secret nothing is shown but that it is one."""
        values = [shown(each) for each in (self.before, self.after) if each is not ABSENT]
        return f"{self.sign} {self.path}: {' -> '.join(values)}"

    def told(self) -> dict[str, Any]:
        """As JSON: a side that is absent is left out, and so is what a secret is."""
        if is_secret(self.before) or is_secret(self.after):
            return {"path": self.path, "secret": True}
        sides = {"before": self.before, "after": self.after}
        return {
            "path": self.path,
            **{key: bare(each) for key, each in sides.items() if each is not ABSENT},
        }


def differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    """In the order of the fields; a list is compared place by place."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_objects(before, after, path)
    elif isinstance(before, list) and isinstance(after, list) and before and after:
        yield from _of_lists(before, after, path)
    elif not _is_same(before, after):
        yield Difference(path, before, after)


def _of_objects(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[Difference]:
    for key in dict.fromkeys([*before, *after]):
        inner = below(path, key)
        yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), inner)
    kept = [key for key in before if key in after]
    if kept != [key for key in after if key in before]:
        yield Difference(f"order of {path}", list(before), list(after))


def _of_lists(before: list[Any], after: list[Any], path: str) -> Iterator[Difference]:
    for index in range(max(len(before), len(after))):
        was, now = (each[index] if index < len(each) else ABSENT for each in (before, after))
        yield from differences(was, now, below(path, index))


def _is_same(before: Any, after: Any) -> bool:
    """Equal as JSON is: `true` is not `1`, and `1` is not `1.0`."""
    return type(before) is type(after) and before == after


def shown(value: Any) -> str:
    """In one line, as JSON, cut where it is long."""
    if is_secret(value):
        return BULLETS
    text = msgspec.json.encode(bare(value)).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def bare(value: Any) -> Any:
    """The value without the secrets in it."""
    match value:
        case Plain() | Reference():
            return BULLETS
        case dict():
            return {key: bare(each) for key, each in value.items()}
        case list():
            return [bare(each) for each in value]
    return value
