"""Reading the texts that stand for a moment, in every form that a `datetime` field takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pydantic import BeforeValidator

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


MOMENT = BeforeValidator(moment)
