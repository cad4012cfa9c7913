"""Every test that starts a Headgate has its ledger's balance asserted at the end."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.habits.source import ROOT, parsed, shown

if TYPE_CHECKING:
    from pathlib import Path

STARTERS = {"Headgate", "Mortal", "Lone", "judged", "start"}
"""What starts one; each makes it owe a balanced ledger, for which the fixture `balanced` asks."""
ROLES = {"up", "collect", "deliver", "demo"}
ALLOWED = {
    "tests/harness/system.py": "Headgate.start",
    "tests/faults/lone.py": "Lone.start",
}
"""Who starts roles by their command: all others go through these."""


def files() -> list[Path]:
    return sorted((ROOT / "tests").rglob("*.py"))


def imported(path: Path) -> dict[str, str]:
    """Name -> module, of everything that a file imports by name."""
    return {
        each.name: node.module or ""
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    }


def starts(path: Path) -> bool:
    found = imported(path)
    return any(found.get(name, "").startswith("tests.") for name in STARTERS)


def asks(path: Path) -> bool:
    """Whether the fixture is in a file, or in a conftest of its folder or of one above."""
    above = [folder / "conftest.py" for folder in path.parents if folder.is_relative_to(ROOT)]
    places = [path, *filter(lambda each: each.exists(), above)]
    return any(imported(each).get("balanced") == "tests.harness.fixtures" for each in places)


def has_command(path: Path) -> bool:
    """Whether a list of words begins a role: `[..., "headgate", "up", ...]`, or after HEADGATE."""
    lists = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.List)]
    return any(ROLES & words(each) and {"headgate", "HEADGATE"} & words(each) for each in lists)


def words(listed: ast.List) -> set[object]:
    """The constants in a list, and the names of its values."""
    return {
        each.value if isinstance(each, ast.Constant) else each.id
        for element in listed.elts
        for each in ast.walk(element)
        if isinstance(each, ast.Constant | ast.Name)
    }


def test_whoever_starts_a_system_asks_for_its_balance() -> None:
    starting = [path for path in files() if path.name.startswith("test_") and starts(path)]
    assert len(starting) > 20
    assert [shown(path) for path in starting if not asks(path)] == []


def test_roles_are_started_where_a_balance_is_owed() -> None:
    found = {shown(path) for path in files() if has_command(path)}
    assert found == set(ALLOWED)


def test_whatever_starts_one_makes_it_owe_a_balance() -> None:
    for name in ALLOWED:
        source = (ROOT / name).read_text()
        assert "owes_balance()" in source, name
