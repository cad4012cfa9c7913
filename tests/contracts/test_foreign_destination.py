"""A package that is none of ours points the plug-in at its destination."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.kit.testing.rules import RULES, up_to
from headgate.kit.testing.subject import UnknownSubject, load
from tests.unit.kit.testing.acme import Changes, written

PACKAGE = "acme_headgate"


def installed(folder: Path, changes: Changes | None = None) -> Path:
    """Put the package where Python finds it, as pip would."""
    written(folder / PACKAGE, changes)
    info = folder / f"{PACKAGE}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[headgate.destinations]\nacme = {PACKAGE}:acme\n")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "headgate.kit.testing", *arguments]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_foreign_destination_is_held_to_the_same_rules(tmp_path: Path) -> None:
    installed(tmp_path)
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n")
    done = run(tmp_path, "--headgate-destination", PACKAGE, "-v")
    assert done.returncode == 0, done.stdout
    passed = set(re.findall(r"test_it_keeps\[acme-(\w+)\] PASSED", done.stdout))
    assert passed == {rule.name for rule in up_to("beta")}
    assert "test_own PASSED" in done.stdout
    assert "acme: beta (lacks has_been_released)" in done.stdout


def test_what_it_breaks_is_named_and_a_higher_level_asks_for_more(tmp_path: Path) -> None:
    folder = installed(tmp_path, {"guide.md": ("## Limits", "## Bounds")})
    named = ("--headgate-destination", f"{PACKAGE}:acme", "--headgate-level", "stable")
    done = run(folder, *named)
    assert f"2 failed, {len(RULES) - 1} passed" in done.stdout, done.stdout
    assert "guide.md: the heading `## Limits` is missing" in done.stdout
    assert "[acme-has_been_released]" in done.stdout
    assert "acme: experimental (lacks has_a_guide)" in done.stdout


def test_a_name_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "--headgate-destination", "acme_nowhere")
    assert done.returncode == 4, done.stdout
    assert "there is no module acme_nowhere" in done.stderr


@pytest.mark.parametrize("name", ["json", "json:loads", "headgate.destinations.webhook:nothing"])
def test_a_name_leads_to_one_destination(name: str) -> None:
    with pytest.raises(UnknownSubject, match="must lead to one Destination"):
        load(name)


def test_the_kit_does_not_need_pytest() -> None:
    program = (
        "import sys, headgate.kit, headgate.kit.testing, headgate.kit.testing.recordings, "
        "headgate.kit.findings; assert 'pytest' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
