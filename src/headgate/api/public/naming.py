"""What a use case refuses, under the names that clients of the Public API know."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from headgate.control.errors import Invalid, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def named(names: Mapping[str, str], prefix: str = "") -> Iterator[None]:
    """Tell each field by the client's name for it; `prefix` leads to where it stands."""
    try:
        yield
    except Invalid as error:
        raise Invalid(
            Problem(f"{prefix}{_renamed(each.path, names)}", each.message)
            for each in error.problems
        ) from None


def _renamed(path: str, names: Mapping[str, str]) -> str:
    """Only the first step: what stands below is called the same."""
    first, dot, rest = path.partition(".")
    return f"{names.get(first, first)}{dot}{rest}"
