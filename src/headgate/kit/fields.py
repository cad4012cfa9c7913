"""Declared fields: what a destination asks of its user, said once.

One declaration gives parsing, validation, the form, the default mapping and secret-hiding. The
annotation is the type, `| None` makes a field optional, and the Python name is the stored name
unless `key=` gives another.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, GetPydanticSchema, ValidationError
from pydantic import Field as PydanticField
from pydantic_core import core_schema

from headgate.kit import faults
from headgate.kit.errors import Discard, InvalidSettings
from headgate.mapping import stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic.fields import FieldInfo

    from headgate.mapping import Json, Mapped

Format: TypeAlias = Literal["uri"]

_PATTERNS: dict[Format, str] = {
    # A scheme and something after it, in ASCII (kit-behaviour 6.5).
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$",
}


class Fields(BaseModel):
    """A set of declared fields, read from values by their stored names."""

    model_config = ConfigDict(
        frozen=True, hide_input_in_errors=True, validate_by_name=True, validate_by_alias=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        for declared in cls.model_fields.values():
            _finish(declared)
        cls.model_rebuild(force=True)

    @classmethod
    def read(cls, values: object) -> Self:
        """Make an instance from stored names and values; null and "" count as absent.

        An object of any keys (`dict[str, object]`) is kept as it is, not copied.
        """
        if not isinstance(values, Mapping):
            raise cls._refusal(("The mapping must give an object of fields.",))
        present = {k: v for k, v in values.items() if v is not None and v != ""}
        try:
            return cls._validated(present)
        except ValidationError as error:
            texts = faults.as_texts(present, error)
        return cls._read_texts(texts)

    @classmethod
    def _read_texts(cls, values: dict[str, object]) -> Self:
        """Try once more, now that numbers and booleans are text where text is asked for."""
        try:
            return cls._validated(values)
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
    @abstractmethod
    def _refusal(cls, sentences: tuple[str, ...]) -> Exception:
        """Give the error that says what is wrong with the values."""

    @classmethod
    def stored_secrets(cls) -> frozenset[str]:
        """The stored names of the secret fields."""
        return frozenset(key for key, declared in cls._declared() if _extra(declared)["secret"])

    @classmethod
    def default_mapping(cls) -> dict[str, Json]:
        """The suggested mapping in stored form, by stored name."""
        return {
            key: _extra(declared)["mapping"]
            for key, declared in cls._declared()
            if "mapping" in _extra(declared)
        }

    @classmethod
    def _declared(cls) -> Iterator[tuple[str, FieldInfo]]:
        for name, declared in cls.model_fields.items():
            yield declared.alias or name, declared

    @classmethod
    def _described(cls) -> dict[str, faults.Described]:
        return {
            key: faults.Described(
                declared.title or key, _extra(declared)["secret"], _extra(declared).get("format")
            )
            for key, declared in cls._declared()
        }

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Keep secrets out of logs and tracebacks."""
        for name, value in super().__repr_args__():
            declared = type(self).model_fields.get(name or "")
            yield name, "***" if declared and _extra(declared)["secret"] else value


class Settings(Fields):
    """What a customer fills in once, when connecting a destination.

    `Settings` itself, without fields, is for destinations that need none. Reading raises
    `InvalidSettings`, also for names that are not declared.
    """

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def _refusal(cls, sentences: tuple[str, ...]) -> Exception:
        return InvalidSettings(sentences)


class Payload(Fields):
    """What an action needs from each event. Reading raises `Discard`; unknown names are ignored.

    Its values may be parts of the event itself, which other deliveries share: never change them.
    """

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def _refusal(cls, sentences: tuple[str, ...]) -> Exception:
        return Discard(" ".join(sentences))


def field(
    label: str,
    help: str = "",  # noqa: A002 - what the form calls it, too
    *,
    mapping: Mapped = None,
    secret: bool = False,
    key: str | None = None,
    default: Any = ...,
    choices: Sequence[str] | Mapping[str, str] | None = None,
    format: Format | None = None,  # noqa: A002 - the word of JSON Schema
    **constraints: Any,
) -> Any:
    """Declare a field.

    `mapping` is what the mapping editor proposes: an expression or a plain value. `default` is
    the value when nothing came. `key` is the stored name. `choices` are the allowed texts, with
    labels if given as a mapping. Any other constraint (`pattern`, `max_length`, `ge`, …) is
    pydantic's. Returns `Any` so that `email: str = field(…)` type-checks.
    """
    extra: dict[str, Any] = {"secret": secret}
    if mapping is not None:
        extra["mapping"] = stored(mapping)
    if choices is not None:
        extra["choices"] = dict(choices) if isinstance(choices, Mapping) else list(choices)
    if format is not None:
        extra["format"] = format
        constraints["pattern"] = _PATTERNS[format]
    return PydanticField(
        default, title=label, description=help, alias=key, json_schema_extra=extra, **constraints
    )


def _extra(declared: FieldInfo) -> dict[str, Any]:
    """What `field` noted beyond pydantic's own; a plain annotation has noted nothing."""
    extra = declared.json_schema_extra
    return extra if isinstance(extra, dict) else {"secret": False}


def _finish(declared: FieldInfo) -> None:
    """Complete a declaration by what its annotation says."""
    kinds = get_args(declared.annotation) or (declared.annotation,)
    if declared.is_required() and NoneType in kinds:
        declared.default = None
    if choices := _extra(declared).get("choices"):
        declared.metadata.append(AfterValidator(faults.one_of(tuple(choices))))
    if _is_object(declared.annotation):
        declared.metadata.append(_KEPT_OBJECT)


def _is_object(annotation: Any) -> bool:
    """Tell an object of any keys, which needs no look inside, from one with typed members."""
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    if get_origin(annotation) is dict:
        return get_args(annotation) in ((str, object), (str, Any))
    return len(kinds) == 1 and _is_object(kinds[0])


_KEPT_OBJECT = GetPydanticSchema(
    lambda _source, _handler: core_schema.nullable_schema(core_schema.is_instance_schema(dict))
)
"""Values come from JSON, so keys are text already. Not copying lets the event's JSON be shared."""
