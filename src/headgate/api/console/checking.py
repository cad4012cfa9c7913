"""Checks what the web app sends against the models of its operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WithJsonSchema

from headgate.control.errors import Invalid, Problem
from headgate.events.times import parse_ms

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from headgate.api.public.calls import Query

M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """What a client sends: nothing is taken for another type, nothing unknown is passed over."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Parameters(BaseModel):
    """The query, in which all values are texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _moment(given: Any) -> int:
    at = parse_ms(given) if isinstance(given, str) else None
    if at is None:
        raise ValueError("must be a time such as 2026-11-22T07:20:00Z")
    return at


Moment = Annotated[
    int, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""A time as clients write it; milliseconds since 1970 inside."""

_SAID: Final = {"missing": "is required", "extra_forbidden": "is not known here: leave it out"}


def whole(_: str, given: Any) -> dict[str, Any]:
    """A body before it is known what it must be; models see to the rest. Raises Invalid."""
    if not isinstance(given, dict):
        raise Invalid([Problem("", "the body must be a JSON object")])
    return given


def read_body(model: type[M], given: dict[str, Any]) -> M:
    """Raises Invalid with every problem."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(error) from None


def read_query(model: type[M] | None, query: Query, *, is_paged: bool) -> M | None:
    """The last value of each name counts. Raises Invalid."""
    given = {
        name: value
        for name, value in query.pairs
        if not (is_paged and name.startswith("pagination"))
    }
    if model is None:
        if given:
            raise Invalid(Problem(name, _SAID["extra_forbidden"]) for name in given)
        return None
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> Invalid:
    found = error.errors(include_url=False, include_input=False)
    return Invalid(Problem(".".join(map(str, each["loc"])), _told(each)) for each in found)


def _told(fault: ErrorDetails) -> str:
    """In our words; what a validator of ours raised says it itself."""
    if fault["type"] in _SAID:
        return _SAID[fault["type"]]
    said = fault["msg"].removeprefix("Value error, ")
    return f"{said[:1].lower()}{said[1:]}"
