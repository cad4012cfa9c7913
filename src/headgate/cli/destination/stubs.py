"""Types of a destination's settings and payloads, by stored names, for those who configure it."""

from __future__ import annotations

import json
import keyword
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headgate.kit import Destination
    from headgate.mapping import Json

_TYPES = {
    "string": "str",
    "text": "str",
    "password": "str",
    "datetime": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
}
_ANY_OBJECT = "dict[str, object]"
_HEAD = '''\
"""Made by `headgate destination types{references}`: settings and payloads."""

from typing import {names}
'''
_NAMES = ("Literal", "NotRequired", "TypedDict")


def stubs(destinations: Iterable[Destination[Any]], references: Iterable[str] = ()) -> str:
    """Write a module with a `TypedDict` for everything that these destinations store."""
    body = "".join(text for it in destinations for text in _of(it))
    names = ", ".join(name for name in _NAMES if re.search(rf"\b{name}\b", body)) or "TypedDict"
    words = "".join(f" {reference}" for reference in references)
    return _HEAD.format(references=words, names=names) + body


def _of(destination: Destination[Any]) -> Iterator[str]:
    own = _camel(destination.slug)
    yield from _class(f"{own}Settings", destination.settings.stored_fields())
    if destination.audiences is not None:
        fields = destination.audiences.settings.stored_fields()
        yield from _class(f"{own}AudienceSettings", fields)
    for slug, action in destination.actions.items():
        name = f"{own}{_camel(slug)}"
        yield from _class(f"{name}Payload", action.stored_fields())
        for hook in action.hooks.values():
            yield from _class(f"{name}{_camel(hook.name)}Inputs", hook.inputs.stored_fields())
            yield from _class(f"{name}{_camel(hook.name)}Outputs", hook.outputs.stored_fields())


def _class(name: str, fields: dict[str, Json]) -> Iterator[str]:
    """Write a class after those of its inner objects; as a call where a key is no identifier."""
    types: dict[str, str] = {}
    for key, form in fields.items():
        inner = f"{name}{_camel(key)}"
        if (members := _members(form)) is not None:
            yield from _class(inner, members)
        types[key] = _type(form, inner)
    if all(key.isidentifier() and not keyword.iskeyword(key) for key in types):
        lines = [f"    {key}: {kind}" for key, kind in types.items()] or ["    pass"]
        yield "\n".join(["", "", f"class {name}(TypedDict):", *lines, ""])
    else:
        lines = [f"        {_quoted(key)}: {kind}," for key, kind in types.items()]
        head = ["", "", f"{name} = TypedDict(", f'    "{name}",', "    {"]
        yield "\n".join([*head, *lines, "    },", ")", ""])


def _members(form: Any) -> dict[str, Json] | None:
    """Give the fields of an object that holds no others, which is all that a class can say."""
    is_closed = form["type"] == "object" and not form.get("additionalProperties")
    members: dict[str, Json] | None = form.get("properties") if is_closed else None
    return members


def _type(form: Any, inner: str) -> str:
    kind = _scalar(form, inner)
    if form.get("multiple"):
        kind = f"list[{kind}]"
    if form.get("allowNull"):
        kind = f"{kind} | None"
    return kind if form.get("required") is True else f"NotRequired[{kind}]"


def _scalar(form: Any, inner: str) -> str:
    if _members(form) is not None:
        return inner
    values = [choice["value"] for choice in form.get("choices") or ()]
    if values and all(isinstance(value, str) for value in values):
        return f"Literal[{', '.join(map(_quoted, values))}]"
    return _TYPES.get(form["type"], _ANY_OBJECT)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _camel(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[0].upper() + word[1:] for word in words)
