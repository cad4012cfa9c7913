"""What holds for all fields and payloads."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings

from headgate.kit.validation import Check, compile, read  # noqa: A004
from headgate.kit.validation.problems import Problems
from tests.conformance.declared_fields import fields_and_payloads

any_fields = given(drawn=fields_and_payloads(runs=2))
slow = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def the_long_way(check: Check, payload: dict[str, Any], *, in_batch: bool) -> tuple[Any, Any]:
    problems = Problems()
    checked = check._check(check._present(payload, in_batch=in_batch), None, problems)
    return checked, problems.noted()


@slow
@any_fields
def test_a_payload_is_never_changed(drawn: dict[str, Any]) -> None:
    before = copy.deepcopy(drawn)
    fields = read(drawn["fields"])
    for payload in drawn["payloads"]:
        compile(fields)(payload)
        compile(fields, "compatible")(payload, in_batch=drawn["in_batch"])
    assert drawn == before


@slow
@any_fields
def test_the_short_way_leads_where_the_long_way_does(drawn: dict[str, Any]) -> None:
    fields = read(drawn["fields"])
    in_batch = drawn["in_batch"]
    for check in (compile(fields), compile(fields, "compatible")):
        for payload in drawn["payloads"]:
            assert check(payload, in_batch=in_batch) == the_long_way(
                check, payload, in_batch=in_batch
            )


@slow
@any_fields
def test_in_strict_mode_a_result_is_final(drawn: dict[str, Any]) -> None:
    check = compile(read(drawn["fields"]))
    for payload in drawn["payloads"]:
        result = check(payload)
        if result.is_valid:
            assert check(result.payload) == result


@slow
@any_fields
def test_in_strict_mode_batches_are_no_different(drawn: dict[str, Any]) -> None:
    check = compile(read(drawn["fields"]))
    for payload in drawn["payloads"]:
        assert check(payload, in_batch=True) == check(payload)
