"""The kinds of values that HubSpot tells apart, and what they are called there."""

from __future__ import annotations

import re
from enum import Enum
from typing import Any

from headgate.kit.values import epoch_milliseconds

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


class Kind(Enum):
    """Of a property: its type and the type of its field."""

    NUMBER = ("number", "number")
    BOOLEAN = ("enumeration", "booleancheckbox")
    DATE = ("date", "date")
    MOMENT = ("datetime", "date")
    TEXT = ("string", "text")

    @property
    def type(self) -> str:
        return self.value[0]

    @property
    def field_type(self) -> str:
        return self.value[1]


def kind(value: Any) -> Kind:
    """Tell the kind of a value that is ready to be sent: a number, a boolean or a text."""
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, (int, float)):
        return Kind.NUMBER
    if _DATE.fullmatch(value) and epoch_milliseconds(value) is not None:
        return Kind.DATE
    if _MOMENT.fullmatch(value) and epoch_milliseconds(value) is not None:
        return Kind.MOMENT
    return Kind.TEXT


def options(*values: Any) -> list[dict[str, Any]]:
    """Give the options of a boolean property: the values for true and for false."""
    return [
        {
            "label": label.lower(),
            "value": value,
            "hidden": False,
            "description": label,
            "displayOrder": order,
        }
        for order, (label, value) in enumerate(zip(("True", "False"), values, strict=True), 1)
    ]
