"""When a value of Headgate is the value of the originals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from headgate.mapping import UNDEFINED

if TYPE_CHECKING:
    from collections.abc import Callable

_BEYOND_JSON: dict[str, Callable[[Any], bool]] = {
    "undefined": lambda value: value is UNDEFINED or value is None,
    "NaN": lambda value: isinstance(value, float) and math.isnan(value),
    "Infinity": lambda value: bool(value == math.inf),
    "-Infinity": lambda value: bool(value == -math.inf),
    "-0": lambda value: _is_number(value) and value == 0,
    "function": lambda _: False,
}


def same(ours: Any, theirs: Any) -> bool:
    """Compare with a value of the cases or of the oracle, in which `{"$js": …}` may stand.

    Undefined is also null, as JSON would write it inside a list; 1 is 1.0, and true is not 1.
    """
    if isinstance(theirs, dict):
        if theirs.keys() == {"$js"}:
            return _BEYOND_JSON[theirs["$js"]](ours)
        return isinstance(ours, dict) and _same_members(ours, theirs)
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(same, ours, theirs))
    if _is_number(theirs):
        return _is_number(ours) and ours == theirs
    return type(ours) is type(theirs) and bool(ours == theirs)


def _same_members(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in theirs)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
