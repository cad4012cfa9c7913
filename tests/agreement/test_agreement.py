"""Each of our destinations does to its vendor what Segment's original of it does."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import pytest

from headgate import catalog
from tests.agreement import endings, ours
from tests.agreement.cases import cases
from tests.agreement.comparing import compare, unexplained, unused
from tests.agreement.differences import MEANT
from tests.agreement.guides import stated_differences
from tests.harness.fixtures import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.agreement.cases import Case
    from tests.agreement.comparing import Found
    from tests.agreement.originals import Answer, Originals, Question
    from tests.agreement.ours import Done

pytestmark = pytest.mark.node

FEWEST_EVENTS = 20
WITHOUT_ORIGINAL = {"direct", "http_api"}


class Compared(NamedTuple):
    """A destination and what differs from its original in all cases, each with the case's id."""

    slug: str
    cases: list[Case]
    found: list[Found]

    @property
    def unexplained(self) -> list[str]:
        return unexplained(self.found, MEANT[self.slug])

    @property
    def report(self) -> str:
        differing = {each.case for each in self.found}
        used = {one.reason for one in MEANT[self.slug] if any(map(one.explains, self.found))}
        return (
            f"{len(self.cases)} cases, {len(self.cases) - len(differing)} equal, "
            f"{len(differing)} different for one of {len(used)} reasons, "
            f"{len(self.unexplained)} differences without any"
        )


@pytest.fixture(scope="module")
def compared(originals: Originals) -> Callable[[str], Compared]:
    """Compare a destination, once for all tests of it."""

    @cache
    def of(slug: str) -> Compared:
        given = cases(original(slug))
        questions = [case.question(original(slug)) for case in given]
        answers = originals.ask(*questions)
        found = [
            msgspec.structs.replace(each, case=case.id)
            for case, question, answer in zip(given, questions, answers, strict=True)
            for each in differences(question, answer, ours.ask(slug, question))
        ]
        return Compared(slug, given, found)

    return of


def original(slug: str) -> str:
    """Give the name of the folder that the original has in its package."""
    return slug.replace("_", "-")


def differences(question: Question, theirs: Answer, own: Done) -> list[Found]:
    ended = endings.told(
        question, endings.of_original(question, theirs), sent=bool(theirs.requests)
    )
    own_ended = endings.told(question, own.endings, sent=bool(own.requests))
    return [*compare(theirs.requests, own.requests), *endings.differing(ended, own_ended)]


def test_every_destination_that_has_an_original_is_compared() -> None:
    assert sorted(MEANT) == sorted({*catalog.slugs()} - WITHOUT_ORIGINAL)


@pytest.mark.parametrize("slug", MEANT)
def test_it_has_the_same_effect(slug: str, compared: Callable[[str], Compared]) -> None:
    result = compared(slug)
    tell(result.report)
    assert not result.unexplained, "\n".join(result.unexplained)


@pytest.mark.parametrize("slug", MEANT)
def test_no_difference_is_allowed_in_vain(slug: str, compared: Callable[[str], Compared]) -> None:
    in_vain = unused(compared(slug).found, MEANT[slug])
    assert not in_vain, "\n".join(in_vain)


@pytest.mark.parametrize("slug", MEANT)
def test_the_guide_says_each_reason(slug: str) -> None:
    stated = stated_differences(slug)
    for difference in MEANT[slug]:
        assert any(each.startswith(difference.reason) for each in stated), difference.reason


@pytest.mark.parametrize("slug", MEANT)
def test_the_cases_are_of_all_actions_that_both_have(slug: str, originals: Originals) -> None:
    theirs = originals.definition(original(slug))["actions"].keys()
    both = theirs & catalog.destination(slug).actions.keys()
    acted = [case for case in cases(original(slug)) if case.action]
    assert {case.action for case in acted} == both
    assert sum(len(case.events or [None]) for case in acted) >= FEWEST_EVENTS


@pytest.mark.parametrize("slug", MEANT)
def test_a_changed_character_of_a_body_is_noticed(
    slug: str, compared: Callable[[str], Compared], originals: Originals
) -> None:
    result = compared(slug)
    others = {each.case for each in result.found if not each.path.startswith("headers")}
    same = [case.question(original(slug)) for case in result.cases if case.id not in others]
    asked = ((question, ours.ask(slug, question)) for question in same)
    question, own = next((q, done) for q, done in asked if done.requests and done.requests[0].body)
    (theirs,) = originals.ask(question)
    first = own.requests[0]
    changed = msgspec.structs.replace(first, body=re.sub(r"\w(?=\W*$)", "~", first.body))
    found = differences(question, theirs, own._replace(requests=[changed, *own.requests[1:]]))
    (line,) = unexplained(found, MEANT[slug])
    assert line.startswith("body")
