"""The oracle of the differential tests answers what the stored cases say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.rows import mapping_cases, trigger_cases, validation_cases

if TYPE_CHECKING:
    from tests.conformance.oracle import Oracle

pytestmark = pytest.mark.node


def test_it_maps_as_the_cases_say(oracle: Oracle) -> None:
    wrong = []
    for case in mapping_cases():
        (answer,) = oracle.ask(language="mapping", mapping=case.mapping, events=[case.event])
        wanted: Any = {"messages": case.errors} if case.errors else {"value": case.output}
        if any(answer.get(key) != value for key, value in wanted.items()):
            wrong.append((case.id, answer))
    assert wrong == []


def test_it_reads_and_matches_triggers_as_the_cases_say(oracle: Oracle) -> None:
    wrong = []
    for case in trigger_cases():
        answer = oracle.ask(language="trigger", text=case.fql, events=[case.event])
        wanted = (case.ast, case.matches if case.ast else None)
        if (answer.get("ast"), answer.get("matches", [None])[0]) != wanted:
            wrong.append((case.id, answer))
    assert wrong == []


def test_it_validates_as_the_cases_say(oracle: Oracle) -> None:
    wrong = []
    for case in validation_cases():
        in_batch = case.mode == "batch"
        (answer,) = oracle.ask(
            language="fields", fields=case.fields, payloads=[case.payload], in_batch=in_batch
        )
        wanted: Any = {"problems": case.errors} if case.errors else {"value": case.coerced}
        if any(answer.get(key) != value for key, value in wanted.items()):
            wrong.append((case.id, answer))
    assert wrong == []
