"""Payloads checked against declared fields: types converted, problems told, all of it pure.

Mode `compatible` does what Segment does, quirk for quirk; mode `strict` does what the fields say.
"""

from headgate.kit.validation.check import Check, Result, compile  # noqa: A004 - as in `re.compile`
from headgate.kit.validation.definition import (
    Condition,
    Conditions,
    DefinitionError,
    Field,
    Fields,
    read,
)
from headgate.kit.validation.schema import schema
from headgate.kit.validation.sentences import Problem

__all__ = [
    "Check",
    "Condition",
    "Conditions",
    "DefinitionError",
    "Field",
    "Fields",
    "Problem",
    "Result",
    "compile",
    "read",
    "schema",
]
