"""Declared fields in the stored form, which forms, checks and reference pages read."""

from __future__ import annotations

import inspect
from datetime import datetime
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    Protocol,
    Union,
    cast,
    get_args,
    get_origin,
)

from headgate.kit.fields.choices import listed
from headgate.kit.fields.declaration import declared
from headgate.mapping import stored

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from headgate.kit.fields.declaration import Declared
    from headgate.mapping import Json

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", datetime: "datetime"}
_KEYS = {
    "format": "format",
    "minimum": "minimum",
    "maximum": "maximum",
    "allow_null": "allowNull",
    "open_to_others": "additionalProperties",
    "placeholder": "placeholder",
    "read_only": "readOnly",
    "hidden": "unsafe_hidden",
    "category": "category",
    "display": "displayMode",
    "form": "defaultObjectUI",
}
"""Options that are stored as they are, under Segment's names."""


class Members(Protocol):
    """A class of fields."""

    def stored_fields(self) -> dict[str, Json]:
        """Its declared fields in stored form."""
        ...


class Kind(NamedTuple):
    """What an annotation says: the stored type, and how it may occur."""

    name: str
    multiple: bool = False
    is_optional: bool = False
    choices: tuple[str, ...] = ()
    members: Members | None = None


def kind(annotation: Any) -> Kind:
    """Read an annotation. Raises `TypeError` for one that no form could ask for."""
    annotation = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if get_origin(annotation) in (Union, UnionType):
        others = [each for each in get_args(annotation) if each is not NoneType]
        if len(others) == 1 and NoneType in get_args(annotation):
            return kind(others[0])._replace(is_optional=True)
    if get_origin(annotation) is list and not (inner := kind(get_args(annotation)[0])).multiple:
        return inner._replace(multiple=True)
    if get_origin(annotation) is Literal and all(isinstance(c, str) for c in get_args(annotation)):
        return Kind("string", choices=get_args(annotation))
    if get_origin(annotation) is dict or annotation is object:
        return Kind("object")
    if inspect.isclass(annotation) and hasattr(annotation, "stored_fields"):
        return Kind("object", members=cast("Members", annotation))
    if annotation in _TYPES:
        return Kind(_TYPES[annotation])
    raise TypeError(
        f"a field cannot be {annotation}: it may be str, int, float, bool, datetime, Literal of "
        "texts, dict[str, object], a class of fields, a list of one of these, or None as well"
    )


def stored_field(name: str, info: FieldInfo) -> dict[str, Json]:
    """Give the stored form of one field."""
    said, of = declared(info), kind(info.annotation)
    form: dict[str, Json] = {
        "label": said.label or name,
        "type": _type(of, said),
        **({"description": said.help} if said.help else {}),
        **({"multiple": True} if of.multiple else {}),
        **_required(info, of, said),
        **_choices(of, said),
        **({"properties": of.members.stored_fields()} if of.members else {}),
        **{key: said.options[option] for option, key in _KEYS.items() if option in said.options},  # type: ignore[literal-required]
    }
    if "mapping" in said.options:
        form["default"] = stored(said.options["mapping"])
    elif not info.is_required() and info.default is not None:
        form["default"] = info.default
    if "without" in said.options:
        form["disabledInputMethods"] = list(said.options["without"])
    if "shown_if" in said.options:
        form["depends_on"] = said.options["shown_if"].conditions().stored()
    return form


def _type(of: Kind, said: Declared) -> str:
    if of.name == "string" and said.options.get("secret"):
        return "password"
    return "text" if of.name == "string" and said.options.get("long") else of.name


def _required(info: FieldInfo, of: Kind, said: Declared) -> dict[str, Json]:
    if "required_if" in said.options:
        return {"required": said.options["required_if"].conditions().stored()}
    return {"required": True} if info.is_required() and not of.is_optional else {}


def _choices(of: Kind, said: Declared) -> dict[str, Json]:
    """Suggestions that the destination is asked for limit nothing."""
    choices = said.options.get("choices", of.choices)
    if callable(choices):
        return {"dynamic": True}
    return {"choices": [each.stored() for each in listed(choices)]} if choices else {}
