"""Checks what a client sends against the models of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headgate.api.public.contract import Field, Shape, contract, shape
from headgate.control.errors import Invalid, Problem

_KINDS: dict[str, tuple[type, str]] = {
    "text": (str, "a text"),
    "object": (dict, "an object"),
    "map": (dict, "an object"),
    "list": (list, "a list"),
}


def checked(model: str, given: Any) -> dict[str, Any]:
    """The body, when it fits its model; unknown fields and nulls of optional ones fall away.

    Raises Invalid with every problem.
    """
    if not isinstance(given, dict):
        raise Invalid([Problem("", "the body must be a JSON object")])
    problems = list(_object(model, given, ""))
    if problems:
        raise Invalid(problems)
    fields = contract().models[model].fields
    return {key: value for key, value in given.items() if key in fields and value is not None}


def _object(model: str, given: object, path: str) -> Iterator[Problem]:
    of = contract().models[model]
    if of.enum:
        yield from _one_of(of.enum, given, path)
        return
    if not isinstance(given, dict):
        yield Problem(path, "must be an object")
        return
    for name, field in of.fields.items():
        where = f"{path}.{name}" if path else name
        if given.get(name) is None:
            if field.required and not shape(field.type).is_nullable:
                yield Problem(where, "is required")
        else:
            yield from _field(field, given[name], where)


def _field(field: Field, given: Any, path: str) -> Iterator[Problem]:
    yield from (found := list(_value(shape(field.type), given, path)))
    if field.enum and not found:
        for each in given if isinstance(given, list) else [given]:
            yield from _one_of(field.enum, each, path)


def _one_of(enum: tuple[str, ...], given: Any, path: str) -> Iterator[Problem]:
    if given not in enum:
        yield Problem(path, f"must be one of {', '.join(enum)}")


def _value(of: Shape, given: object, path: str) -> Iterator[Problem]:
    if given is None and of.is_nullable:
        return
    if of.kind == "model":
        yield from _object(of.model, given, path)
    elif of.kind == "flag":
        if not isinstance(given, bool):
            yield Problem(path, "must be true or false")
    elif of.kind == "number":
        if isinstance(given, bool) or not isinstance(given, int | float):
            yield Problem(path, "must be a number")
    elif of.kind != "any":
        yield from _container(of, given, path)


def _container(of: Shape, given: object, path: str) -> Iterator[Problem]:
    type_, word = _KINDS[of.kind]
    if not isinstance(given, type_):
        yield Problem(path, f"must be {word}")
    elif of.of is not None:
        for key, each in _members(given):
            yield from _value(of.of, each, f"{path}.{key}")


def _members(given: Any) -> Iterator[tuple[Any, Any]]:
    yield from enumerate(given) if isinstance(given, list) else given.items()
