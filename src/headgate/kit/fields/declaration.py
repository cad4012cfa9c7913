"""`field`: the declaration of one field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypedDict, Unpack

from pydantic import Field as PydanticField

from headgate.kit.fields.choices import DynamicChoices, StaticChoices
from headgate.kit.fields.conditions import When
from headgate.mapping import Mapped

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from headgate.kit.validation.definition import Format

Category: TypeAlias = Literal["identifier", "data", "internal", "config", "sync", "hashedPII"]
Display: TypeAlias = Literal["expanded", "normal", "collapsed"]
InputMethod: TypeAlias = Literal["literal", "variable", "function", "enrichment", "freeform"]
ObjectForm: TypeAlias = Literal["keyvalue", "object", "keyvalue:only", "object:only", "arrayeditor"]


class Options(TypedDict, total=False):
    """What can be said of a field, beside its label, its help and its annotation.

    For payloads: `choices` are the allowed values, or an `async def` that asks the destination for
    suggestions. `format` is that of texts. `minimum` and `maximum` bound numbers, and the
    characters of texts. `allow_null` keeps null as a value. `open_to_others` keeps undeclared
    members of an object. `required_if` says when an optional field is required after all.

    For people: `mapping` is what the mapping editor proposes, an expression or a plain value.
    `secret` hides the value everywhere. `long` asks for a larger box. `key_choices` suggests keys
    of an object. `shown_if`, `placeholder`, `read_only`, `hidden`, `category`, `display`,
    `without` (input methods) and `form` (of objects) shape the form.
    """

    choices: StaticChoices | DynamicChoices
    format: Format
    minimum: float
    maximum: float
    allow_null: bool
    open_to_others: bool
    required_if: When
    mapping: Mapped
    secret: bool
    long: bool
    key_choices: DynamicChoices
    shown_if: When
    placeholder: str
    read_only: bool
    hidden: bool
    category: Category
    display: Display
    without: Sequence[InputMethod]
    form: ObjectForm


class Declared(NamedTuple):
    """What `field` noted."""

    label: str
    help: str
    options: Options


def field(
    label: str,
    help: str = "",  # noqa: A002 - what the form calls it, too
    *,
    key: str | None = None,
    default: Any = ...,
    **options: Unpack[Options],
) -> Any:
    """Say what a field of a class is; the annotation says its type.

    `email: str = field("Email", "Who it is.", mapping=path("$.traits.email"))`

    `key` is the stored name, the Python name without it. `default` is the value when nothing
    came. For `options` see `Options`. Returns `Any` so that assignments type-check.
    """
    info: FieldInfo = PydanticField(default, title=label, description=help, alias=key)
    info.metadata.append(Declared(label, help, options))
    return info


def declared(info: FieldInfo) -> Declared:
    """What was said of a field; of one with a plain annotation, nothing."""
    found = (each for each in info.metadata if isinstance(each, Declared))
    return next(found, Declared("", "", {}))
