"""A trigger as groups of conditions, which is how Segment stores it and a form can show it.

In compatible mode `read` takes a text apart as Segment does, whatever it skips on the way
(kit-behaviour 8.3), and `write` is Segment's way back (8.5). In strict mode `read` gives a
structure only for a text that says nothing else, and `write` escapes what it has to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from headgate.trigger import compatible, strict
from headgate.trigger.compatible import writer
from headgate.trigger.conditions import Condition, Group, Node
from headgate.trigger.errors import TriggerError
from headgate.trigger.strict import forms

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Condition", "Group", "Node", "from_json", "read", "to_json", "write"]


def read(text: str, mode: Literal["strict", "compatible"] = "compatible") -> Group:
    """Take a text apart.

    Raises `TriggerError` for what the mode cannot read and, in strict mode, for what no group of
    conditions says.
    """
    if mode == "compatible":
        return compatible.parse(text).group
    return forms.group(strict.parse(text))


def write(group: Group, mode: Literal["strict", "compatible"] = "compatible") -> str:
    """Write a group as a text.

    Raises `TriggerError` for a child that is None and, in strict mode, for what the language
    has no words for. Compatible texts have no escapes: a double quote in a value breaks them.
    """
    return writer.write(group) if mode == "compatible" else strict.write(forms.tree(group))


def to_json(group: Group) -> dict[str, Any]:
    """Give the structure as the JSON that Segment has for it."""
    children = [child and (_json(child)) for child in group.children]
    return {"type": "group", "operator": group.operator, "children": children}


def from_json(tree: Mapping[str, Any]) -> Group:
    """Take that JSON. Raises `TriggerError` when it has another form."""
    try:
        return _read_group(tree)
    except (msgspec.ValidationError, KeyError, TypeError) as error:
        raise TriggerError(f"this is no structure of a trigger: {error}", 0) from None


def _json(node: Condition | Group) -> dict[str, Any]:
    if isinstance(node, Group):
        return to_json(node)
    members = {"type": node.type, "name": node.name, "operator": node.operator}
    return {k: v for k, v in (members | {"value": node.value}).items() if v is not None}


def _read_group(tree: Mapping[str, Any]) -> Group:
    if tree["type"] != "group" or tree["operator"] not in ("and", "or"):
        raise TypeError("a group has the type `group` and the operator `and` or `or`")
    return Group(tree["operator"], tuple([_read_node(child) for child in tree["children"]]))


def _read_node(tree: Mapping[str, Any] | None) -> Node:
    if tree is None:
        return None
    return _read_group(tree) if tree["type"] == "group" else msgspec.convert(tree, Condition)
