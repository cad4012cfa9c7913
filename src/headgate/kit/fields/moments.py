"""Reading the texts that stand for a moment, in every form that a `datetime` field takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

_NUMBER = re.compile(r"\s*[+-]?[0-9.]+\s*", re.ASCII)
_YEAR = re.compile(r"\s*(?:19|20)[0-9]{2}\s*", re.ASCII)
_DAY = re.compile(r"\s*(?:19|20)[0-9]{6}\s*", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(value: object) -> object:
    """Give the moment of a text that is not ISO 8601: `Feb 1, 2021`, `2021/2/1 10:00`, `2021-02`.

    What names no time zone is in UTC. Four and eight digits of these centuries are a year and a
    day; any other number is one of seconds or milliseconds. That, and all else, is for pydantic
    and comes back as it is.
    """
    if not isinstance(value, str):
        return value
    if _NUMBER.fullmatch(value) and not _DAY.fullmatch(value):
        return datetime(int(value), 1, 1, tzinfo=UTC) if _YEAR.fullmatch(value) else value
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return _written(value)


def _written(text: str) -> object:
    from headgate.mapping.javascript import dates  # rarely needed

    milliseconds = dates.parse(text)
    try:
        return text if milliseconds is None else _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:  # a year beyond those of Python
        return text


def held(value: datetime) -> datetime:
    """Refuse what UTC cannot hold, as no destination could be told it: year 1 east of Greenwich."""
    try:
        value.astimezone(UTC) if value.tzinfo else None
    except OverflowError:
        raise PydanticCustomError("moment_range", "in UTC its year must be 1 to 9999") from None
    return value


MOMENT = Annotated[datetime, BeforeValidator(moment), AfterValidator(held)]


def reading(annotation: Any) -> Any:
    """Give an annotation whose every `datetime` reads all these forms, also in a list."""
    if annotation is datetime:
        return MOMENT
    inner = tuple(map(reading, get_args(annotation)))
    if get_origin(annotation) is list and inner:
        return list[inner[0]]  # type: ignore[valid-type]
    is_union = get_origin(annotation) in (Union, UnionType)
    return Union[inner] if is_union else annotation  # noqa: UP007 - made of what is known later
