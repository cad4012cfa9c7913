"""What becomes of undefined values inside a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.mapping.values import UNDEFINED

if TYPE_CHECKING:
    from headgate.mapping.values import Json, Value


def without_undefined(value: Value) -> Value:
    """Leave out undefined members at every depth; undefined elements of lists keep their places."""
    if isinstance(value, dict):
        return {k: without_undefined(m) for k, m in value.items() if m is not UNDEFINED}
    if isinstance(value, list):
        return [without_undefined(item) for item in value]
    return value


def as_json(value: Value) -> Json:
    """The same, with null for undefined elements, which is how JSON would write them."""
    if isinstance(value, dict):
        return {key: as_json(member) for key, member in value.items() if member is not UNDEFINED}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return None if value is UNDEFINED else value
