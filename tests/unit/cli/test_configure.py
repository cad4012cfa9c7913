"""The commands that tell what a declaration would change, and how two of them differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from headgate.cli.main import app

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "webhook.yaml"


def run(*words: str | Path, given: str = "") -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=given)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The example with its connection and its subscription switched off."""
    path = tmp_path / "other.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(text.replace("enabled: true", "enabled: false"), encoding="utf-8")
    return path


def test_a_plan_makes_nothing_and_tells_of_changes_where_it_is_asked(
    data: Path, other: Path
) -> None:
    planned = run("plan", EXAMPLE, "--data", data)
    assert planned.exit_code == 0
    assert planned.stdout.endswith("5 to create, 0 to change, 0 to delete.\n")
    assert not data.exists()
    assert run("plan", EXAMPLE, "--data", data, "--exit-code").exit_code == 3
    assert run("apply", EXAMPLE, "--data", data).exit_code == 0
    same = run("plan", EXAMPLE, "--data", data, "--exit-code")
    assert (same.exit_code, same.stdout) == (0, "Nothing to change.\n")
    changed = run("plan", other, "--data", data)
    assert changed.stdout.splitlines()[:2] == ["~ connection hook", "    ~ enabled: true -> false"]


def test_a_plan_is_told_to_programs_with_what_stays(data: Path, tmp_path: Path) -> None:
    run("apply", EXAMPLE, "--data", data)
    bare = tmp_path / "bare.yaml"
    bare.write_text("{version: 1, workspace: demo}", encoding="utf-8")
    kept = run("plan", bare, "--data", data, "--json", "--exit-code")
    assert kept.exit_code == 0
    assert json.loads(kept.stdout) == {
        "changes": [],
        "warnings": [
            "connection hook is not declared and stays",
            "source website is not declared and stays",
        ],
    }
    pruned = run("plan", bare, "--data", data, "--json", "--prune", "--exit-code")
    assert pruned.exit_code == 3
    assert [each["name"] for each in json.loads(pruned.stdout)["changes"]] == ["hook", "website"]


def test_an_export_differs_in_nothing_from_the_file_that_was_applied(
    data: Path, other: Path
) -> None:
    run("apply", EXAMPLE, "--data", data)
    exported = run("export", "--data", data).stdout
    same = run("diff", "-", EXAMPLE, "--exit-code", given=exported)
    assert (same.exit_code, same.stdout) == (0, "Nothing differs.\n")
    different = run("diff", "-", other, "--exit-code", "--json", given=exported)
    assert different.exit_code == 3
    fields = [each["fields"] for each in json.loads(different.stdout)["changes"]]
    assert fields == [[{"path": "enabled", "before": True, "after": False}]] * 2


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    absent = run("plan", tmp_path / "absent.yaml")
    assert "absent.yaml cannot be read: No such file" in str(absent.exception)
    odd = tmp_path / "odd.yaml"
    odd.write_bytes(b"version: \xff")
    assert "odd.yaml is no UTF-8, at byte 9" in str(run("diff", EXAMPLE, odd).exception)
