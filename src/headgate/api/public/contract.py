"""The contract of Segment's Public API: every endpoint and model, as its clients know them."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec


class Endpoint(msgspec.Struct, frozen=True):
    """One operation; `body` and `ret` name models, `status` is the one that means success."""

    op: str
    method: str
    path: str
    ret: str
    status: int
    version: str
    query: tuple[str, ...] = ()
    body: str | None = None
    rate_limit: str | None = None

    @property
    def is_reading(self) -> bool:
        return self.method == "GET"


class Field(msgspec.Struct, frozen=True):
    """`type` as the Python client declares it: `Optional[List[LabelV1]]`."""

    type: str
    required: bool = False
    enum: tuple[str, ...] = ()


class Model(msgspec.Struct, frozen=True):
    """An object with fields, or a text that is one of `enum`."""

    fields: dict[str, Field] = {}
    enum: tuple[str, ...] = ()


class Contract(msgspec.Struct, frozen=True):
    endpoints: tuple[Endpoint, ...]
    models: dict[str, Model]

    def endpoint(self, op: str) -> Endpoint:
        """Raises KeyError."""
        return _by_op()[op]


@cache
def contract() -> Contract:
    raw = files(__package__).joinpath("contract.json").read_bytes()
    return msgspec.json.decode(raw, type=Contract)


@cache
def _by_op() -> dict[str, Endpoint]:
    return {each.op: each for each in contract().endpoints}


class Shape(msgspec.Struct, frozen=True):
    """A parsed type: `kind` is text, flag, number, object, any, list, map or model."""

    kind: str
    is_nullable: bool = False
    of: Shape | None = None
    model: str = ""


_PLAIN = {
    "str": Shape("text"),
    "bool": Shape("flag"),
    "int": Shape("number"),
    "float": Shape("number"),
    "Any": Shape("any"),
    "datetime": Shape("text"),
    "Union[float, int]": Shape("number"),
    "Union[float, int, NoneType]": Shape("number", is_nullable=True),
    "Dict[str, Any]": Shape("object"),
}


@cache
def shape(type_: str) -> Shape:
    """What the Python client's type says."""
    if type_ in _PLAIN:
        return _PLAIN[type_]
    outer, _, rest = type_.partition("[")
    inner = rest.removesuffix("]")
    match outer:
        case "Optional":
            return msgspec.structs.replace(shape(inner), is_nullable=True)
        case "List" | "Set":
            return Shape("list", of=shape(inner))
        case "Dict":
            return Shape("map", of=shape(inner.removeprefix("str, ")))
    return Shape("model", model=type_)


def schema(name: str) -> dict[str, Any]:
    """A model as JSON Schema, with references to the others of `#/components/schemas`."""
    model = contract().models[name]
    if model.enum:
        return {"type": "string", "enum": list(model.enum)}
    required = [key for key, each in model.fields.items() if each.required]
    described: dict[str, Any] = {
        "type": "object",
        "properties": {key: _schema_of(each) for key, each in model.fields.items()},
    }
    return {**described, "required": required} if required else described


def _schema_of(field: Field) -> dict[str, Any]:
    told = _schema(shape(field.type))
    if not field.enum:
        return told
    if told.get("type") == "array":
        return {**told, "items": {"type": "string", "enum": list(field.enum)}}
    return {**told, "enum": [*field.enum, *([None] if shape(field.type).is_nullable else [])]}


_TYPES = {"text": "string", "flag": "boolean", "number": "number", "object": "object"}


def _schema(of: Shape) -> dict[str, Any]:
    if of.kind == "any":
        return {}
    if of.kind == "model":
        reference = {"$ref": f"#/components/schemas/{of.model}"}
        return {"anyOf": [reference, {"type": "null"}]} if of.is_nullable else reference
    inner = _schema(of.of) if of.of is not None else {}
    name = {"list": "array", "map": "object"}.get(of.kind) or _TYPES[of.kind]
    told: dict[str, Any] = {"type": [name, "null"] if of.is_nullable else name}
    if of.kind == "list":
        told["items"] = inner
    elif of.kind == "map":
        told["additionalProperties"] = inner
    return told
