"""Compatible mode gives what the original packages gave, in every stored case."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from headgate.mapping import MappingError
from tests.conformance import impl
from tests.conformance.other_texts import OTHER_TEXTS
from tests.conformance.rows import mapping_cases, trigger_cases, validation_cases
from tests.conformance.sameness import same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conformance.rows import MappingCase, TriggerCase, ValidationCase

    Case = MappingCase | TriggerCase | ValidationCase

SHOWN = 10


class Outcome(NamedTuple):
    """A value, or what is wrong; the same shape for Headgate and for a case."""

    value: Any = None
    problems: Any = None


def by_kind(cases: Iterable[Any]) -> pytest.MarkDecorator:
    """One test for each kind of cases: `edge:@path`, `random`, `real`."""
    kinds = defaultdict(list)
    for case in cases:
        first, _, rest = case.source.partition(":")
        kinds[f"{first}:{rest}" if first == "edge" else first].append(case)
    return pytest.mark.parametrize("cases", kinds.values(), ids=kinds)


def failing(cases: Iterable[Case], wrong: dict[str, tuple[Any, Any]]) -> str:
    """Show what differs: the case as it is stored, what was wanted and what came."""
    lines = [f"{len(wrong)} of {len(list(cases))} cases differ"]
    for case in cases:
        if case.id in wrong and len(lines) <= SHOWN * 3:
            wanted, got = wrong[case.id]
            lines += [f"{_stored(case)}", f"  wanted {wanted}", f"  got    {got}"]
    return "\n".join(lines)


def _stored(case: Case) -> str:
    fields = case._asdict()
    return json.dumps({key: fields[key] for key in _GIVEN if key in fields}, ensure_ascii=False)


_GIVEN = ("id", "mapping", "fql", "mode", "fields", "payload", "event")


def mapped(case: MappingCase) -> Outcome:
    try:
        return Outcome(impl.transform(case.mapping, case.event))
    except MappingError as error:
        return Outcome(problems=list(error.messages))


def validated(case: ValidationCase) -> Outcome:
    valid, coerced, problems = impl.validate(case.fields, case.payload, case.mode)
    return Outcome(coerced) if valid else Outcome(problems=[list(problem) for problem in problems])


def agree(ours: Outcome, wanted: Outcome) -> bool:
    """Both are refused, or both are the same value; how a refusal is worded is another test."""
    if ours.problems is None and wanted.problems is None:
        return same(ours.value, wanted.value)
    return ours.problems is not None and wanted.problems is not None


@by_kind(mapping_cases())
def test_mappings_give_what_they_gave(cases: list[MappingCase]) -> None:
    wrong = {}
    for case in cases:
        ours, wanted = mapped(case), Outcome(case.output, case.errors)
        if not agree(ours, wanted):
            wrong[case.id] = (wanted, ours)
    assert not wrong, failing(cases, wrong)


@by_kind(trigger_cases())
def test_triggers_match_what_they_matched(cases: list[TriggerCase]) -> None:
    """Where the original throws while it evaluates, Headgate does not match."""
    wrong = {}
    for case in cases:
        ours = impl.fql(case.fql, case.event)
        wanted = (case.ast is not None, bool(case.matches))
        if ours != wanted:
            wrong[case.id] = (wanted, ours)
    assert not wrong, failing(cases, wrong)


@by_kind(case for case in trigger_cases() if case.ast is not None)
def test_triggers_have_the_structure_they_had(cases: list[TriggerCase]) -> None:
    wrong = {}
    for case in cases:
        ours = impl.ast(case.fql)
        if not same(ours, case.ast):
            wrong[case.id] = (case.ast, ours)
    assert not wrong, failing(cases, wrong)


@by_kind(validation_cases())
def test_payloads_become_what_they_became(cases: list[ValidationCase]) -> None:
    """Refused payloads are refused at the same places."""
    wrong = {}
    for case in cases:
        ours, wanted = validated(case), Outcome(case.coerced, case.errors)
        if not agree(ours, wanted) or _places(ours) != _places(wanted):
            wrong[case.id] = (wanted, ours)
    assert not wrong, failing(cases, wrong)


def _places(outcome: Outcome) -> set[str]:
    return {pointer for pointer, _ in outcome.problems or ()}


def differing_texts(cases: Iterable[Any], outcome: Any) -> dict[str, tuple[Any, Any]]:
    pairs = {case.id: (case.errors, outcome(case).problems) for case in cases if case.errors}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


LANGUAGES = pytest.mark.parametrize(
    ("cases", "outcome"),
    [(mapping_cases(), mapped), (validation_cases(), validated)],
    ids=["mapping", "validation"],
)


@LANGUAGES
def test_errors_say_what_they_said(cases: tuple[Any, ...], outcome: Any) -> None:
    wrong = differing_texts(cases, outcome)
    unexpected = {name: pair for name, pair in wrong.items() if name not in OTHER_TEXTS}
    assert not unexpected, failing(cases, unexpected)


@LANGUAGES
def test_texts_that_differ_on_purpose_are_few_and_still_do(
    cases: tuple[Any, ...], outcome: Any
) -> None:
    listed = {case.id for case in cases} & OTHER_TEXTS.keys()
    assert listed <= differing_texts(cases, outcome).keys()
    assert len(listed) <= sum(bool(case.errors) for case in cases) // 50


def test_no_case_was_lost() -> None:
    counts = (len(mapping_cases()), len(trigger_cases()), len(validation_cases()))
    assert counts == (2022, 2164, 1352)
