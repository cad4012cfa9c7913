"""Asking Headgate and the original packages the same, and telling what differs."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from headgate import mapping, trigger
from headgate.kit import validation
from headgate.mapping import MappingError
from headgate.trigger import TriggerError
from tests.conformance import declared_fields, fql_texts, impl, liquid_templates, mappings
from tests.conformance.sameness import same

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.kit.validation import Check
    from headgate.mapping import Mapper
    from tests.conformance.oracle import Oracle

    Question = dict[str, Any]
    Answer = dict[str, Any]
    Differences = Callable[[Oracle, Question], list[str]]

T = TypeVar("T")

RUNS = 4
"""Events for each mapping and trigger, payloads for each field set: a pair is one such run."""

LONGEST = 0.1
"""Seconds of CPU that a single run, or compiling for it, may take."""

WORDED_BY_A_LIBRARY = {
    *("TypeError", "RangeError", "ReferenceError", "SyntaxError"),
    *("ParseError", "RenderError", "TokenizationError", "UndefinedVariableError"),
}
"""Errors of JavaScript itself and of its template library: that there is one is what counts."""


class Language(NamedTuple):
    """Questions of a language, and what differs between the two answers to one."""

    questions: st.SearchStrategy[Question]
    differences: Differences


def ask(oracle: Oracle, language: Language, pairs: int, drawn: int, *, shrink: bool = True) -> int:
    """Ask new questions, by the seed `drawn`, until so many pairs were compared; their number.

    What differs is an `AssertionError` that shows the smallest question found; errors that a
    language does not document come out as they are.
    """
    asked = 0
    phases = [Phase.generate, *([Phase.shrink] if shrink else [])]

    @seed(drawn)
    @settings(
        max_examples=-(-pairs // RUNS),
        phases=phases,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(language.questions)
    def alike(question: Question) -> None:
        nonlocal asked
        asked += RUNS
        before = json.dumps(question)
        different = language.differences(oracle, question)
        assert not different, f"seed {drawn}, {_without_runs(question)} {different[0]}"
        assert json.dumps(question) == before, f"seed {drawn}: what was given has changed"

    alike()
    return asked


def _without_runs(question: Question) -> str:
    given = {key: question[key] for key in question if key not in {"events", "payloads"}}
    return json.dumps(given, ensure_ascii=False)


def within_limits(run: Callable[[], T]) -> T:
    """Run; one slow run is forgiven, as a collection of garbage may have fallen into it."""
    result, spent = _timed(run)
    if spent > LONGEST:
        result, spent = _timed(run)
        assert spent <= LONGEST, f"took {spent:.3f} s of CPU"
    return result


def _timed(run: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    return run(), time.process_time() - began


def mapping_differences(oracle: Oracle, question: Question) -> list[str]:
    answers = oracle.ask(language="mapping", **question)
    try:
        mapper = within_limits(lambda: mapping.compile(question["mapping"], "compatible"))
    except MappingError as error:
        ours = [_refused(error)] * len(answers)
    else:
        ours = [_mapped(mapper, event) for event in question["events"]]
    return _differing(question["events"], ours, answers, _same_mapped)


def _mapped(mapper: Mapper, event: Any) -> Answer:
    try:
        return {"value": within_limits(lambda: mapper(event))}
    except MappingError as error:
        return _refused(error)


def _refused(error: MappingError) -> Answer:
    return {"messages": list(error.messages)}


def _same_mapped(ours: Answer, theirs: Answer) -> bool:
    if "value" in theirs:
        return "value" in ours and same(ours["value"], theirs["value"])
    if theirs["name"] in WORDED_BY_A_LIBRARY:
        return "messages" in ours
    return bool(ours.get("messages") == theirs["messages"])


def trigger_differences(oracle: Oracle, question: Question) -> list[str]:
    text, events = question["text"], question["events"]
    answer = oracle.ask(language="trigger", **question)
    try:
        compiled = within_limits(lambda: trigger.compile(text, "compatible"))
    except TriggerError as error:
        return [] if "error" in answer else [f"\n  is refused: {error}\n  the original {answer}"]
    if "error" in answer:
        return [f"\n  is not refused, but the original says {answer['error']}"]
    if not same(ast := impl.ast(text), answer["ast"]):
        return [f"\n  is read as {ast}\n  the original {answer['ast']}"]
    ours = [within_limits(lambda event=event: compiled.matches(event)) for event in events]  # type: ignore[misc]
    return _differing(events, ours, answer["matches"], lambda mine, other: mine is bool(other))


def fields_differences(oracle: Oracle, question: Question) -> list[str]:
    answers = oracle.ask(language="fields", **question)
    fields = validation.read(question["fields"])
    check = within_limits(lambda: validation.compile(fields, "compatible"))
    payloads, in_batch = question["payloads"], question["in_batch"]
    ours = [_validated(check, payload, in_batch=in_batch) for payload in payloads]
    return _differing(payloads, ours, answers, _same_validated)


def _validated(check: Check, payload: Any, *, in_batch: bool) -> Answer:
    result = within_limits(lambda: check(payload, in_batch=in_batch))
    if result.problems:
        return {"problems": [[each.pointer, each.message] for each in result.problems]}
    return {"value": result.payload}


def _same_validated(ours: Answer, theirs: Answer) -> bool:
    if "value" in theirs:
        return "value" in ours and same(ours["value"], theirs["value"])
    return bool(theirs["problems"]) and ours.get("problems") == theirs["problems"]


def _differing(
    runs: list[Any], ours: list[Any], theirs: list[Any], alike: Callable[[Any, Any], bool]
) -> list[str]:
    return [
        f"\n  for          {run!r}\n  is here      {mine!r}\n  the original {other!r}"
        for run, mine, other in zip(runs, ours, theirs, strict=True)
        if not alike(mine, other)
    ]


def _some(runs: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(runs, min_size=RUNS, max_size=RUNS)


LANGUAGES = {
    "mapping": Language(
        st.fixed_dictionaries({"mapping": mappings.mappings(), "events": _some(mappings.events())}),
        mapping_differences,
    ),
    "trigger": Language(
        st.fixed_dictionaries({"text": fql_texts.queries(), "events": _some(fql_texts.events())}),
        trigger_differences,
    ),
    "liquid": Language(
        st.fixed_dictionaries(
            {
                "mapping": liquid_templates.templates().map(lambda text: {"a": {"@liquid": text}}),
                "events": _some(liquid_templates.events()),
            }
        ),
        mapping_differences,
    ),
    "fields": Language(declared_fields.fields_and_payloads(RUNS), fields_differences),
}
