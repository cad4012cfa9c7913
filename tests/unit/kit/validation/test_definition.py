from __future__ import annotations

from typing import Any

import pytest

from headgate.kit.validation import Condition, Conditions, DefinitionError, Field, read
from headgate.mapping import UNDEFINED

TYPES = "string, text, number, integer, datetime, boolean, password, object"


def faults(fields: Any) -> tuple[str, ...]:
    with pytest.raises(DefinitionError) as caught:
        read(fields)
    return caught.value.faults


def fault(**field: Any) -> str:
    (only,) = faults({"f": {"label": "F", "type": "string", **field}})
    return only


def nested(levels: int) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for _ in range(levels):
        fields = {"f": {"label": "F", "type": "object", "properties": fields}}
    return fields


def test_a_field_is_read_as_it_was_declared() -> None:
    declared = {
        "label": "Total",
        "description": "The sum.",
        "type": "number",
        "required": True,
        "allowNull": True,
        "choices": [{"label": "One", "value": 1}],
        "minimum": 0,
        "default": {"@path": "$.properties.total"},
    }
    assert read({"total": declared})["total"] == Field(
        label="Total",
        description="The sum.",
        type="number",
        required=True,
        allow_null=True,
        choices=(1,),
        minimum=0,
        default={"@path": "$.properties.total"},
    )


def test_what_only_a_form_needs_is_left_out() -> None:
    form = {"placeholder": "x", "category": "data", "dynamic": True, "depends_on": {"x": 1}}
    plain = {"label": "F", "type": "string"}
    assert read({"f": {**plain, **form}}) == read({"f": plain})


def test_conditions_know_a_missing_value_from_null() -> None:
    empty = {"fieldKey": "a", "operator": "is"}
    conditions = [empty, {**empty, "value": None}]
    fields = read({"f": {"label": "F", "type": "string", "required": {"conditions": conditions}}})
    assert fields["f"].required == Conditions(
        "all", (Condition("a", "is", UNDEFINED), Condition("a", "is", None))
    )


def test_properties_of_what_is_no_object_count_for_nothing() -> None:
    fields = read({"f": {"label": "F", "type": "string", "properties": "?"}})
    assert fields["f"].properties is None


def test_names_that_are_indexes_come_first_as_in_javascript() -> None:
    plain = {"label": "F", "type": "string"}
    assert list(read({"b": plain, "10": plain, "2": plain, "a": plain})) == ["2", "10", "b", "a"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": None}, "/f/label should be a string but it is null."),
        (
            {"type": "json"},
            f"/f/type should be one of {TYPES}.",
        ),
        (
            {"type": ["string"]},
            f"/f/type should be one of {TYPES}.",
        ),
        ({"description": 1}, "/f/description should be a string but it is number."),
        ({"multiple": "yes"}, "/f/multiple should be true or false but it is string."),
        ({"choices": []}, "/f/choices should be a list of one or more choices."),
        (
            {"choices": ["a", {"label": "b"}]},
            "/f/choices/1 should be a string, or an object with a label and a value.",
        ),
        (
            {"choices": [1]},
            "/f/choices/0 should be a string, or an object with a label and a value.",
        ),
        ({"minimum": "1"}, "/f/minimum should be a whole number, 0 or more."),
        ({"maximum": 1.5}, "/f/maximum should be a whole number, 0 or more."),
        ({"type": "number", "maximum": True}, "/f/maximum should be a number."),
        ({"required": "yes"}, "/f/required should be true, false or conditions but it is string."),
        (
            {"required": {"conditions": []}},
            "/f/required/conditions should be a list of one or more conditions.",
        ),
        (
            {"required": {"match": "one", "conditions": [{"fieldKey": "a", "operator": "is"}]}},
            "/f/required/match should be one of any, all.",
        ),
        (
            {"required": {"conditions": [{"fieldKey": "a", "operator": "="}]}},
            "/f/required/conditions/0/operator should be one of is, is_not.",
        ),
        (
            {"required": {"conditions": [{"operator": "is"}]}},
            "/f/required/conditions/0/fieldKey should be a string but it is null.",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(options: dict[str, Any], message: str) -> None:
    assert fault(**options) == message


def test_every_fault_is_told() -> None:
    fields = {"a/b": {"type": "x"}, "~": 1, "": {"label": "", "type": "text"}}
    assert faults(fields) == (
        "/ has no name: every field needs one.",
        f"/a~1b/type should be one of {TYPES}.",
        "/a~1b/label should be a string but it is null.",
        "/~0 should be a field, an object, but it is number.",
    )


def test_faults_of_sub_fields_are_told() -> None:
    inner = {"g": {"label": "G", "type": "object", "properties": []}}
    assert fault(type="object", properties=inner) == (
        "/f/properties/g/properties should be an object of fields but it is array."
    )


@pytest.mark.parametrize("fields", [None, [], "x", 1])
def test_fields_are_an_object(fields: Any) -> None:
    (only,) = faults(fields)
    assert only.startswith("/ should be an object of fields but it is ")


def test_fields_within_fields_end_somewhere() -> None:
    read(nested(49))
    (only,) = faults(nested(10_000))
    assert only.endswith("is nested deeper than 50 levels: flatten the fields.")
