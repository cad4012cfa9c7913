"""The functions of the strict language (domain section 7), as Python functions of JSON values.

Each gives a JSON value, or ERROR for arguments of the wrong kind, which then also is ERROR for
the function around it. Null is no wrong kind: it is what a missing place has.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from headgate.trigger.strict.globs import GlobError, compile_glob
from headgate.trigger.strict.kinds import ANY, Kinds, kind_of, kinds

if TYPE_CHECKING:
    from collections.abc import Callable

ERROR: Final = object()
"""A value that cannot be told."""

LONGEST_COMPUTED_PATTERN = 256
"""Characters of a pattern that is read from the event; a longer one matches nothing."""

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_LONGEST_NUMBER = 100
_FALSE_TEXTS = frozenset({"", "false"})


def contains(text: object, part: object) -> object:
    """Whether `text` has `part` in it; null has nothing in it."""
    if not isinstance(part, str) or not (text is None or isinstance(text, str)):
        return ERROR
    return text is not None and part in text


def match(text: object, pattern: object) -> object:
    """Whether the whole text fits a glob; null fits none. See `globs`."""
    if not isinstance(pattern, str) or not (text is None or isinstance(text, str)):
        return ERROR
    if len(pattern) > LONGEST_COMPUTED_PATTERN:
        return ERROR
    try:
        fits = _computed_glob(pattern)
    except GlobError:
        return ERROR
    return text is not None and fits(text)


_computed_glob = lru_cache(maxsize=256)(compile_glob)


def matcher(pattern: str) -> Callable[[object], object]:
    """`match` with a pattern that is known beforehand. Raises `GlobError`."""
    fits = compile_glob(pattern)

    def matches(text: object) -> object:
        if isinstance(text, str):
            return fits(text)
        return False if text is None else ERROR

    return matches


def length(value: object) -> object:
    """Elements of a list or UTF-8 bytes of a text; null has none."""
    if value is None:
        return 0
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    return len(value) if isinstance(value, list) else ERROR


def lowercase(text: object) -> object:
    return text.lower() if isinstance(text, str) else _null_or_error(text)


def uppercase(text: object) -> object:
    return text.upper() if isinstance(text, str) else _null_or_error(text)


def snakecase(text: object) -> object:
    """Underscores for spaces."""
    return text.replace(" ", "_") if isinstance(text, str) else _null_or_error(text)


def kebabcase(text: object) -> object:
    """Dashes for spaces."""
    return text.replace(" ", "-") if isinstance(text, str) else _null_or_error(text)


def titlecase(text: object) -> object:
    """A capital at the start of every word; the other letters stay as they are."""
    if not isinstance(text, str):
        return _null_or_error(text)
    return " ".join([f"{word[:1].upper()}{word[1:]}" for word in text.split(" ")])


def typeof(value: object) -> object:
    """The kind of a value; an object, which FQL has no name for, is `object`."""
    return ERROR if value is ERROR else kind_of(value)


def to_bool(value: object) -> object:
    """False for null, 0, an empty list, an empty text and the text `false`; else true."""
    if isinstance(value, str):
        return value not in _FALSE_TEXTS
    return ERROR if value is ERROR or isinstance(value, dict) else bool(value)


def to_string(value: object) -> object:
    """A text as it is, null as an empty one, and everything else as JSON writes it."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE:
        value = int(value)
    if value is ERROR or isinstance(value, dict):
        return ERROR
    try:
        return msgspec.json.encode(value).decode()
    except (OverflowError, RecursionError, ValueError):
        return ERROR


_LARGEST_WHOLE = 10**15


def to_number(value: object) -> object:
    """A number as it is, null as null, and a text that is written as a number."""
    if value is None or kind_of(value) == "number":
        return value
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _NUMBER.fullmatch(value):
        return float(value) if set(value) & set(".eE") else int(value)
    return ERROR


def _null_or_error(value: object) -> object:
    return None if value is None else ERROR


class Function(NamedTuple):
    """A function as calls are checked against it; `run` takes as many values as `parameters`."""

    parameters: tuple[Kinds, ...]
    returns: Kinds
    run: Callable[..., object]


_TEXT = kinds("string null")
_PATTERN = kinds("string")
_TEXT_TO_TEXT = ((_TEXT,), _TEXT)

FUNCTIONS: dict[str, Function] = {
    "contains": Function((_TEXT, _PATTERN), kinds("bool"), contains),
    "match": Function((_TEXT, _PATTERN), kinds("bool"), match),
    "length": Function((kinds("string list null"),), kinds("number"), length),
    "lowercase": Function(*_TEXT_TO_TEXT, lowercase),
    "uppercase": Function(*_TEXT_TO_TEXT, uppercase),
    "snakecase": Function(*_TEXT_TO_TEXT, snakecase),
    "kebabcase": Function(*_TEXT_TO_TEXT, kebabcase),
    "titlecase": Function(*_TEXT_TO_TEXT, titlecase),
    "typeof": Function((ANY,), kinds("string"), typeof),
    "bool": Function((ANY - {"object"},), kinds("bool"), to_bool),
    "string": Function((ANY - {"object"},), kinds("string"), to_string),
    "number": Function((kinds("string number null"),), kinds("number null"), to_number),
}
