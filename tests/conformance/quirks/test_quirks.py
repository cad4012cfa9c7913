from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.mapping import UNDEFINED
from tests.conformance.quirks.page import SECTIONS, cell
from tests.conformance.quirks.quirk import Mapped

if TYPE_CHECKING:
    from headgate.mapping import Json, Mode
    from tests.conformance.quirks.quirk import Example, Outcome

QUIRKS = [quirk for section in SECTIONS for quirk in section.quirks]
EXAMPLES = [
    pytest.param(example, id=f"{quirk.item} {index}")
    for quirk in QUIRKS
    for index, example in enumerate(quirk.examples)
]


@pytest.mark.parametrize("mode", ["compatible", "strict"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_gives_what_the_page_says(example: Example, mode: Mode) -> None:
    wanted = example.compatible if mode == "compatible" else example.strict
    assert cell(example.given.run(mode)) == cell(wanted)


def test_every_item_is_there_once() -> None:
    numbers = [*map(str, range(1, 39)), "9a"]
    assert sorted(quirk.item for quirk in QUIRKS) == sorted(numbers)


def test_a_section_goes_by_numbers() -> None:
    for section in SECTIONS:
        items = [quirk.item.removesuffix("a") for quirk in section.quirks]
        assert items == sorted(items, key=int)


def test_a_quirk_has_examples_or_a_reason_to_have_none() -> None:
    assert [quirk.item for quirk in QUIRKS if bool(quirk.examples) == bool(quirk.unshown)] == []


def test_modes_that_agree_agree_in_every_example_and_others_differ_in_one() -> None:
    for quirk in QUIRKS:
        differs = [cell(each.compatible) != cell(each.strict) for each in quirk.examples]
        assert any(differs) is bool(quirk.strict), quirk.item


def test_every_file_that_a_reason_names_is_there() -> None:
    root = Path(__file__).parents[3]
    named = [word.strip("`.") for quirk in QUIRKS for word in quirk.unshown.split() if "/" in word]
    assert named
    assert [name for name in named if not (root / name).is_file()] == []


@pytest.mark.parametrize("mode", ["compatible", "strict"])
@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ({"@path": "$.constructor"}, UNDEFINED),
        ({"@path": "$.large"}, 2**53 + 1),
        ([{"@liquid": "{% increment n %}"}, {"@path": "$.n"}], ["5", 5]),
        ({"@liquid": "{{ 123456 | round: -4 }}"}, "120000"),
    ],
)
def test_what_neither_mode_does(mode: Mode, directive: Json, value: Outcome) -> None:
    event = {"large": 2**53 + 1, "n": 5}
    assert cell(Mapped(directive, event).run(mode)) == cell(value)
