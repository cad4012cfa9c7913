"""All that the contract names is judged: each call, each field of each model, each union."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.harness.public_api.contract import contract, endpoint_at
from tests.harness.public_api.examples import example
from tests.harness.public_api.judge import judge
from tests.harness.public_api.shapes import faults

if TYPE_CHECKING:
    from tests.harness.public_api.contract import Endpoint

IN_ERROR: dict[str, Any] = {"errors": [{"type": "not-found", "message": "No such thing."}]}
WRONG: dict[str, Any] = {"str": 7, "bool": 1, "int": 1.5, "number": "1", "=": "?", "[": {}, "{": []}
"""By how a shape begins, a value that has another one; for models, text."""


def judged(endpoint: Endpoint, content: Any, status: int) -> list[str]:
    body = msgspec.json.encode(content)
    return judge(endpoint.method, endpoint.path, status, "application/json", body)


def models() -> dict[str, dict[str, str]]:
    """All but unions."""
    return {name: model for name, model in contract().models.items() if not isinstance(model, list)}


def wrong_for(shape: str) -> Any:
    return next((value for start, value in WRONG.items() if shape.startswith(start)), "text")


def test_the_contract_names_every_call_once() -> None:
    endpoints = contract().endpoints
    assert len({endpoint.name for endpoint in endpoints}) == len(endpoints) == 202
    assert all(endpoint_at(each.method, each.path) == each for each in endpoints)
    assert sum(each.status == 201 for each in endpoints) == 8
    assert {each.status for each in endpoints} == {200, 201}


@pytest.mark.parametrize("full", [True, False], ids=["all fields", "what is required"])
def test_each_call_has_answers_that_are_praised(*, full: bool) -> None:
    for each in contract().endpoints:
        assert judged(each, {"data": example(each.data, full=full)}, each.status) == []
        assert judged(each, IN_ERROR, 404) == []


def test_no_call_may_answer_with_another_success() -> None:
    for each in contract().endpoints:
        other = 201 if each.status == 200 else 200
        (fault,) = judged(each, {"data": example(each.data, full=False)}, other)
        assert fault == f"{each.name}: status {other} where a success is {each.status}"


def test_a_missing_field_of_any_model_is_found_where_it_is_required() -> None:
    missed = 0
    for name, model in models().items():
        for field in model:
            bare = field.removesuffix("*")
            rest = {key: value for key, value in example(name, full=True).items() if key != bare}
            fault = [f"it.{bare} is missing"] if field.endswith("*") else []
            assert list(faults(rest, name, "it")) == fault
            missed += len(fault)
    assert missed == sum(field.endswith("*") for model in models().values() for field in model)


def test_a_null_in_any_model_is_found_where_it_is_not_allowed() -> None:
    for name, model in models().items():
        for field, shape in model.items():
            bare = field.removesuffix("*")
            found = list(faults(example(name, full=True) | {bare: None}, name, "it"))
            assert len(found) == (0 if shape.endswith("?") or shape == "any" else 1), (name, bare)


def test_a_wrong_type_in_any_field_of_any_model_is_found() -> None:
    for name, model in models().items():
        for field, shape in model.items():
            if shape.startswith("any"):
                continue
            bare = field.removesuffix("*")
            wrong = example(name, full=True) | {bare: wrong_for(shape)}
            (fault,) = faults(wrong, name, "it")
            assert fault.startswith(f"it.{bare} is {wrong[bare]!r}, which is no")


@pytest.mark.parametrize(
    "config",
    [
        {"interval": "1h"},
        {"days": [0, 1.5], "hours": [3], "timezone": "UTC"},
        {"spec": "* * * * *", "timezone": "UTC"},
        None,
    ],
)
def test_a_union_takes_any_of_its_models(config: Any) -> None:
    value = {"strategy": "PERIODIC", "config": config}
    assert list(faults(value, "ReverseEtlScheduleDefinition", "it")) == []


@pytest.mark.parametrize(
    "config",
    [{}, {"interval": 3}, {"days": ["monday"], "hours": [3], "timezone": "UTC"}, "1h", []],
)
def test_a_union_takes_nothing_else(config: Any) -> None:
    value = {"strategy": "PERIODIC", "config": config}
    (fault,) = faults(value, "ReverseEtlScheduleDefinition", "it")
    assert fault.startswith(f"it.config is {config!r}, which is none of ReverseEtlPeriodic")
