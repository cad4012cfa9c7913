"""Conditional `required`, as if/then rules of JSON Schema (kit-behaviour 6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from headgate.kit.validation.definition import Condition, Conditions, Field, Fields
from headgate.mapping import UNDEFINED
from headgate.mapping.javascript.objects import indexes_first

Schema: TypeAlias = dict[str, Any]


class _Conditional(NamedTuple):
    """A field, or a sub-field together with its parent, and when it is required."""

    key: str
    conditions: Conditions
    parent: tuple[str, Field] | None = None

    @property
    def dotted(self) -> str:
        return f"{self.parent[0]}.{self.key}" if self.parent else self.key


def _conditionals(fields: Fields) -> Iterator[_Conditional]:
    """Find those of an object; the rules of sub-fields stand one level above them."""
    for key, field in fields.items():
        for name, inner in (field.properties or {}).items():
            if isinstance(inner.required, Conditions):
                yield _Conditional(name, inner.required, (key, field))
        if isinstance(field.required, Conditions):
            yield _Conditional(key, field.required)


def rules(fields: Fields) -> list[Schema]:
    """Derive the rules of an object with the meaning that they were written for.

    `is` without a value: absent, null or "". `is_not` with a value: present and another. A list
    of values: any of them. `a.b` names a sub-field, unless a field has that very name.
    """
    return [
        {"if": _group(found.conditions, fields), "then": _target(found)}
        for found in _conditionals(fields)
    ]


def _group(conditions: Conditions, fields: Fields) -> Schema:
    met = [_met(condition, fields) for condition in conditions.each]
    return met[0] if len(met) == 1 else {f"{conditions.match}Of": met}


def _met(condition: Condition, fields: Fields) -> Schema:
    key = condition.field
    path = [key] if key in fields else key.split(".")
    if condition.value is UNDEFINED:
        present = _at(path, {"not": {"enum": [None, ""]}})
        return present if condition.operator == "is_not" else {"not": present}
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    among = {"enum": values}
    return _at(path, among if condition.operator == "is" else {"not": among})


def _at(path: list[str], value: Schema) -> Schema:
    for key in reversed(path):
        value = {"type": "object", "required": [key], "properties": {key: value}}
    return value


def _target(found: _Conditional) -> Schema:
    needed = {"required": [found.key]}
    if found.parent is None:
        return needed
    key, parent = found.parent
    inside = {"items": needed} if parent.multiple else {"title": parent.label, **needed}
    return {"required": [key], "properties": {key: inside}}


def segments_rules(fields: Fields) -> list[Schema]:
    """Derive the rules of an object as Segment does, with every hole of theirs.

    Of two rules for one target the last counts.
    """
    by_target = {found.dotted: found.conditions for found in _conditionals(fields)}
    return [_segments_rule(*each) for each in indexes_first(by_target).items()]


def _segments_rule(target: str, conditions: Conditions) -> Schema:
    if len(conditions.each) == 1:
        return {"if": _segments_only(conditions.each[0]), "then": _segments_target(target)}
    met = [_segments_met(condition) for condition in conditions.each]
    return {"if": {f"{conditions.match}Of": met}, "then": {"required": [target]}}


def _segments_target(target: str) -> Schema:
    parent, *below = target.split(".")
    if not below:
        return {"required": [target]}
    return {"required": [parent], "properties": {parent: {"required": [below[0]]}}}


def _segments_only(condition: Condition) -> Schema:
    """The only condition of a group: without a value it also looks for null, and leaves null."""
    if condition.value is not UNDEFINED or "." in condition.field:
        return _segments_met(condition)
    is_null = {"properties": {condition.field: {"type": "null"}}}
    if condition.operator == "is":
        return {"anyOf": [_segments_met(condition), is_null]}
    return {"allOf": [_segments_met(condition), {"not": is_null}]}


def _segments_met(condition: Condition) -> Schema:
    parent, *below = condition.field.split(".")
    if below:
        child = {"properties": {below[0]: _segments_value(condition)}, "required": [below[0]]}
        return {"properties": {parent: child}, "required": [parent]}
    if condition.value is not UNDEFINED:
        return {"required": [parent], "properties": {parent: _segments_value(condition)}}
    present = {"required": [parent]}
    return present if condition.operator == "is_not" else {"not": present}


def _segments_value(condition: Condition) -> Schema:
    value = {} if condition.value is UNDEFINED else {"const": condition.value}
    return value if condition.operator == "is" else {"not": value}
