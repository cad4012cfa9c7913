"""The reference page tells every answer, reason and counter that there is, and no other."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import headgate
from headgate.collect import answers, codes, routes
from headgate.collect.reference import reference
from headgate.events import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(headgate.__file__).parent
COLLECT = sorted((PACKAGE / "collect").rglob("*.py"))


def nodes(paths: list[Path]) -> Iterator[ast.AST]:
    for path in paths:
        yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def said(function: str, count: int, paths: list[Path]) -> set[tuple[Any, ...]]:
    """The first values that `function` is called with, where they are written there."""
    calls = (node for node in nodes(paths) if isinstance(node, ast.Call))
    found = (
        tuple(map(value, call.args[:count]))
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == function
    )
    return {values for values in found if None not in values}


def value(node: ast.expr) -> Any:
    """A constant, or the code of an answer by its name; None for what is known only later."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Attribute(ast.Name(answer), "code") if hasattr(answers, answer):
            return getattr(answers, answer).code
    return None


def counted() -> set[str]:
    """The names in every `self.counters = {...}`."""
    return {
        ast.literal_eval(key)
        for node in nodes(COLLECT)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == "counters"
        for key in node.value.keys
        if key is not None
    }


def test_every_answer_has_a_meaning() -> None:
    found = said("error", 2, COLLECT)
    assert {(404, "not_found"), (503, "unavailable"), (511, "token_expired")} <= found
    assert found == codes.ANSWERS.keys()


def test_every_reason_to_refuse_an_event_has_a_meaning() -> None:
    reasons = {code for (code,) in said("Rejected", 1, [Path(parse.__file__), *COLLECT])}
    reasons |= {code for _, _, code in parse._RULES.values()}
    assert {"no_user_anon_id", "unknown_source"} <= reasons
    assert reasons == codes.DISCARDS.keys()


def test_every_refusal_of_a_token_has_a_meaning() -> None:
    refusals = said("Refused", 2, COLLECT)
    assert (401, "invalid_client") in refusals
    assert refusals == codes.TOKENS.keys()


def test_every_counter_has_a_meaning() -> None:
    assert "events" in counted()
    assert counted() == codes.COUNTERS.keys()


@pytest.mark.parametrize("path", [*routes.PATHS, *routes.FOLDERS])
def test_every_path_says_what_it_is_for(path: str) -> None:
    assert (routes.PATHS.get(path) or routes.FOLDERS[path]).means
    assert f"`{path}" in reference()


def test_later_is_said_where_the_answer_says_when() -> None:
    timed = {
        (ast.literal_eval(node.args[0]), ast.literal_eval(node.args[1]))
        for node in nodes([Path(answers.__file__)])
        if isinstance(node, ast.Call) and any(each.arg == "retry_after" for each in node.keywords)
    }
    assert timed == {key for key, told in codes.ANSWERS.items() if told.again == codes.LATER}
