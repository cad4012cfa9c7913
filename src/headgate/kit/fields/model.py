"""Classes of declared fields: what a customer fills in, and what an action needs of an event."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Self, Union, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetPydanticSchema, ValidationError
from pydantic_core import core_schema

from headgate.kit.errors import Discard, InvalidSettings
from headgate.kit.fields import faults
from headgate.kit.fields.declaration import declared
from headgate.kit.fields.moments import reading
from headgate.kit.fields.stored import kind, stored_field
from headgate.mapping import stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

    from headgate.kit.fields.choices import DynamicChoices
    from headgate.kit.validation import Check
    from headgate.mapping import Json


class Fields(BaseModel):
    """A set of declared fields, read from values by their stored names."""

    model_config = ConfigDict(
        frozen=True,
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
        defer_build=True,  # until the declarations are complete, and somebody needs it
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        for info in cls.model_fields.values():
            _finish(info)
        cls.stored_fields()  # a field that cannot be is refused where it is declared

    @classmethod
    def read(cls, values: object) -> Self:
        """Make an instance from stored names and values; null and "" count as absent.

        An object of any keys (`dict[str, object]`) is kept as it is, not copied.
        """
        if not isinstance(values, Mapping):
            raise cls._refusal(("The mapping must give an object of fields.",))
        try:
            return cls._checked(values if isinstance(values, dict) else dict(values))
        except ValueError as error:
            if not faults.is_of_digits(error):
                raise
        raise cls._refusal((faults.TOO_MANY_DIGITS,))

    @classmethod
    def _checked(cls, values: dict[str, Any]) -> Self:
        checked = _check_of(cls)(values)
        if problems := (*cls._undeclared(values), *(each.message for each in checked.problems)):
            raise cls._refusal(problems)
        return cls._made(checked.payload)

    @classmethod
    def _made(cls, values: dict[str, Any]) -> Self:
        try:
            return cls._validated(values)
        except ValidationError as error:
            texts = faults.as_texts(values, error)
        try:
            return cls._validated(texts)
        except ValidationError as error:
            sentences = faults.sentences(error, cls._described())
        # Outside the handler: pydantic's error knows the values and must not be chained.
        raise cls._refusal(sentences)

    @classmethod
    def _validated(cls, values: Mapping[str, object]) -> Self:
        validated: Self = cls.__pydantic_validator__.validate_python(
            values, by_alias=True, by_name=False
        )
        return validated

    @classmethod
    def _undeclared(cls, values: Mapping[str, object]) -> tuple[str, ...]:
        """Say what is wrong with names that no field has: nothing, here."""
        del values
        return ()

    @classmethod
    def _refusal(cls, sentences: tuple[str, ...]) -> Exception:
        """Give the error that says what is wrong with the values."""
        return InvalidSettings(sentences)

    @classmethod
    def stored_fields(cls) -> dict[str, Json]:
        """The declared fields by stored name, as forms and Segment's catalogue describe them."""
        return {key: stored_field(key, info) for key, info in cls._declared()}

    @classmethod
    def stored_secrets(cls) -> frozenset[str]:
        """The stored names of the secret fields."""
        return frozenset(
            key for key, info in cls._declared() if declared(info).options.get("secret")
        )

    @classmethod
    def default_mapping(cls) -> dict[str, Json]:
        """The suggested mapping in stored form, by stored name."""
        options = {key: declared(info).options for key, info in cls._declared()}
        return {key: stored(of["mapping"]) for key, of in options.items() if "mapping" in of}

    @classmethod
    def dynamic_choices(cls) -> dict[str, DynamicChoices]:
        """The functions that suggest values, by the path of their field: `list`, `items.sku`.

        `attributes.__keys__` suggests the keys of an object.
        """
        return dict(_dynamic(cls, ""))

    @classmethod
    def _declared(cls) -> Iterator[tuple[str, FieldInfo]]:
        for name, info in cls.model_fields.items():
            yield info.alias or name, info

    @classmethod
    def _described(cls) -> dict[str, faults.Described]:
        return {
            key: faults.Described(
                declared(info).label or key, bool(declared(info).options.get("secret"))
            )
            for key, info in cls._declared()
        }

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Keep secrets out of logs and tracebacks."""
        for name, value in super().__repr_args__():
            info = type(self).model_fields.get(name or "")
            yield name, "***" if info and declared(info).options.get("secret") else value


class Settings(Fields):
    """What a customer fills in once, when connecting a destination.

    `Settings` itself, without fields, is for destinations that need none. Reading raises
    `InvalidSettings`, also for names that are not declared.
    """

    @classmethod
    def _undeclared(cls, values: Mapping[str, object]) -> tuple[str, ...]:
        others = values.keys() - {key for key, _ in cls._declared()}
        return tuple(f"{key} is no setting of this destination." for key in sorted(others))


class Payload(Fields):
    """What an action needs from each event. Reading raises `Discard`; unknown names are ignored.

    Its values may be parts of the event itself, which other deliveries share: never change them.
    """

    @classmethod
    def _refusal(cls, sentences: tuple[str, ...]) -> Exception:
        return Discard(" ".join(sentences))


@cache
def _check_of(fields: type[Fields]) -> Check:
    from headgate.kit import validation  # at the first value: declaring needs none of it

    return validation.compile(validation.read(fields.stored_fields()))


def _dynamic(fields: type[Fields], prefix: str) -> Iterator[tuple[str, DynamicChoices]]:
    for key, info in fields._declared():  # noqa: SLF001 - of the same module
        options = declared(info).options
        choices = options.get("choices")
        if callable(choices):
            yield f"{prefix}{key}", choices
        if "key_choices" in options:
            yield f"{prefix}{key}.__keys__", options["key_choices"]
        members = kind(info.annotation).members
        if members is not None:
            yield from _dynamic(cast("type[Fields]", members), f"{prefix}{key}.")


def _finish(info: FieldInfo) -> None:
    """Complete a declaration by what its annotation says."""
    kinds = get_args(info.annotation) or (info.annotation,)
    if info.is_required() and NoneType in kinds:
        info.default = None
    if _is_object(info.annotation) and _KEPT_OBJECT not in info.metadata:  # inherited: it is there
        info.metadata.append(_KEPT_OBJECT)
    info.annotation = reading(info.annotation)


def _is_object(annotation: Any) -> bool:
    """Tell an object of any keys, which needs no look inside, from one with typed members."""
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    if get_origin(annotation) is dict:
        return get_args(annotation) in ((str, object), (str, Any))
    if get_origin(annotation) not in (Union, UnionType):
        return False
    return len(kinds) == 1 and _is_object(kinds[0])


_KEPT_OBJECT = GetPydanticSchema(
    lambda _source, _handler: core_schema.nullable_schema(core_schema.is_instance_schema(dict))
)
"""Values come from JSON, so keys are text already. Not copying lets the event's JSON be shared."""
