from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.cli.destination.addition import add
from headgate.cli.destination.loading import find
from headgate.cli.failures import Failed
from headgate.kit.testing.recordings import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headgate.cli.destination.scaffold import Plan, Template


def test_the_action_is_appended_and_recorded(started: Callable[[Template], Plan]) -> None:
    folder = started("custom").folder
    file = find(str(folder)).file
    before = file.read_text()
    added = add(str(folder), "addToList", 'Add to the "list"')
    assert file.read_text().startswith(before)
    assert (added.function, added.imported) == ("add_to_list", ())
    destination = find(str(folder)).destination
    action = destination.actions["addToList"]
    assert action.title == "Add to the 'list'"
    for path in added.recordings:
        recording = read(path, destination.actions)
        assert recording.action == "addToList"
        assert recording.settings == {"api_key": "redacted"}
        assert recording.endings() == ("delivered",)


def test_the_guide_names_it_among_the_actions(started: Callable[[Template], Plan]) -> None:
    folder = started("basic").folder
    guide = find(str(folder)).folder / "guide.md"
    before = guide.read_text().splitlines()
    add(str(folder), "remember", None)
    after = guide.read_text().splitlines()
    assert [line for line in before if line not in after] == []
    headings = [line for line in after if line.startswith("#")]
    actions = headings.index("## Actions")
    assert headings[actions + 1 : actions + 4] == [
        "### Update contact (`update_contact`)",
        "### Remember (`remember`)",
        "## Differences from Segment's",
    ]


def test_what_the_module_lacks_is_imported_with_the_new_lines(acme: Path) -> None:
    file = acme / "__init__.py"
    file.write_text(
        file.read_text().replace("path\n", "path as taken\n").replace("path(", "taken(")
    )
    added = add(str(acme), "remember", None)
    assert added.imported == ("path",)
    assert "from headgate.kit import path\n" in file.read_text()
    assert "remember" in find(str(acme)).destination.actions


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("2x", "'2x' cannot be an action"),
        ("a-b", "cannot be an action"),
        ("hit", "has a hit already"),
        ("sendHit", "has a sendHit already"),
        ("account", "has a Account already"),
        ("import", "'import' cannot be an action"),
    ],
)
def test_a_name_that_cannot_be_changes_nothing(name: str, sentence: str, acme: Path) -> None:
    before = (acme / "__init__.py").read_text()
    with pytest.raises(Failed, match=sentence):
        add(str(acme), name, None)
    assert (acme / "__init__.py").read_text() == before


def test_what_cannot_be_recorded_is_taken_back(acme: Path) -> None:
    file = acme / "__init__.py"
    strict = file.read_text().replace('choices=["eu", "us"]', 'format="ipv4"')
    file.write_text(strict)
    with pytest.raises(Failed, match="the settings do not fit"):
        add(str(acme), "remember", None)
    assert file.read_text() == strict
    assert not (acme / "recordings").exists()
