"""What is wrong with a payload, as the sentences that users of Segment know (kit-behaviour 6.7).

No sentence holds a value of the payload, so none can give away a secret.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from headgate.mapping.javascript import number, stringify
from headgate.mapping.values import kind

if TYPE_CHECKING:
    from collections.abc import Iterable

Place: TypeAlias = "tuple[Place, str | int] | None"
"""Where a value stands: the place of its parent and its key there; None is the root."""

_INDEX = re.compile("[0-9]+")
_LAST_OF_PLANE = "\uffff"

_FORMATS = {
    "date-time": "date and time",
    "email": "email address",
    "ipv4": "IPv4 address",
    "ipv6": "IPv6 address",
    "uri": "URI",
    "uri-reference": "URI Reference",
    "uri-template": "URI-template",
    "regex": "regular expression",
}


class Problem(NamedTuple):
    """What is wrong at one place of a payload, which is named by a JSON Pointer."""

    pointer: str
    message: str

    @property
    def path(self) -> str:
        """The same place as a JSON Path: `$.items[0].price`."""
        return "$" + "".join(map(_step, self.pointer.split("/")[1:]))


def problem(place: Place, title: str | None, predicate: str) -> Problem:
    """Say it of the value's label or, if it has none, of its place."""
    pointer = _pointer(place)
    subject = title or (f"the value at {pointer}" if pointer else "the root value")
    return Problem(pointer, f"{_capitalised(subject)} {predicate}.")


def wrong_type(types: Iterable[str], value: Any) -> str:
    wanted, found = _alternatives(list(types)), kind(value)
    was = found if value is None else _with_article(found)
    return f"must be {_with_article(wanted)} but it was {was}"


def missing(key: str) -> str:
    return f"is missing the required field '{key}'"


def unlisted(choices: Iterable[Any]) -> str:
    return f"must be one of: {_alternatives([stringify(choice).decode() for choice in choices])}"


def misformatted(name: str) -> str:
    return f"must be a valid {_FORMATS.get(name, name)} string but it was not"


def too_short(limit: float, length: int) -> str:
    return f"must be {_characters(limit)} or more but it was {_characters(length)}"


def too_long(limit: float, length: int) -> str:
    return f"must be {_characters(limit)} or fewer but it was {_characters(length)}"


def too_small(limit: float) -> str:
    return f"must be equal to or greater than {number(limit)}"


def too_large(limit: float) -> str:
    return f"must be equal to or less than {number(limit)}"


UNMET = 'must match "then" schema'


def _pointer(place: Place) -> str:
    steps: list[str] = []
    while place is not None:
        place, key = place
        steps.append(str(key).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{step}" for step in reversed(steps))


def _step(escaped: str) -> str:
    key = escaped.replace("~1", "/").replace("~0", "~").replace(".", "\\.")
    return f"[{key}]" if _INDEX.fullmatch(key) else f".{key}"


def _capitalised(subject: str) -> str:
    """JavaScript sees half a character in what lies beyond the first plane, so leaves it."""
    first = subject[0]
    return subject if first > _LAST_OF_PLANE else first.upper() + subject[1:]


def _alternatives(words: list[str]) -> str:
    if len(words) <= 2:  # noqa: PLR2004 - "a", "a or b", and with three a comma
        return " or ".join(words)
    return f"{', '.join(words[:-1])}, or {words[-1]}"


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _characters(count: float) -> str:
    return f"{number(count)} character{'' if count == 1 else 's'}"
