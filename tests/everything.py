"""The whole test run: style, types, layers, tests and, on request, benchmarks.

`python3 run.py test` starts it, after it has provided what the tests need.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import run
from web import node

BINARIES = run.PYTHON.parent
PARALLEL = (
    "unit",
    "contracts",
    "habits",
    "typing",
    "simulation",
    "agreement",
    "conformance",
)
"""Folders of tests that leave the machine alone."""
RUNS = (
    "pytest, two at a time",
    "pytest, two files at a time",
    "pytest, what measures",
)
"""The files of all other folders start systems, and two of them may run beside each other, but for
tests that measure: these have the machine for themselves.
"""
NOTHING_COLLECTED = 5
CLOSING_LINE = re.compile(
    r"^.*\b(?:passed|failed|errors?|skipped|deselected|no tests ran)\b.* in [\d.]+s.*$",
    re.MULTILINE,
)
COLOUR = re.compile(r"\x1b\[[\d;]*m")


class Step(NamedTuple):
    """One command of the run."""

    name: str
    command: list[str]
    is_pytest: bool = False


class Result(NamedTuple):
    """How a step ended; `closing` is pytest's own last line."""

    step: Step
    code: int
    seconds: float
    closing: str = ""

    @property
    def found_nothing(self) -> bool:
        return self.step.is_pytest and self.code == NOTHING_COLLECTED


def main(words: list[str]) -> int:
    full, extra = "--full" in words, [word for word in words if word != "--full"]
    steps = [*checks(), *pytest_steps(extra, full=full), *(benches() if full else [])]
    variables = environment()
    return conclude([perform(step, variables) for step in steps])


def environment() -> dict[str, str]:
    """Say where programs are, and in CI that none of them may be missing."""
    own_node = None if node.machine_has_node() else node_folder()
    folders = [str(BINARIES), *([str(own_node)] if own_node else []), run.search_path()]
    variables = {**os.environ, "PATH": os.pathsep.join(folders)}
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        variables["HEADGATE_REQUIRE_SERVICES"] = "1"
    return variables


def node_folder() -> Path | None:
    """Make a folder with the `node`, `npm` and `npx` that the tests' lock brings."""
    package = run.found_node()
    if package is None:
        return None
    node.provide_programs(package, run.TOOLS / "node")
    return run.TOOLS / "node"


def checks() -> list[Step]:
    ruff = str(BINARIES / "ruff")
    return [
        Step("ruff check", [ruff, "check", "."]),
        Step("ruff format", [ruff, "format", "--check", "."]),
        Step("mypy", [str(BINARIES / "mypy")]),
        Step("import-linter", [str(BINARIES / "lint-imports"), "--no-logo"]),
    ]


def pytest_steps(extra: list[str], *, full: bool) -> list[Step]:
    """Split the tests in runs; arguments that name tests make it one."""
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    pytest = [str(run.PYTHON), "-m", "pytest", *colour]
    if any(names_tests(word) for word in extra):
        return [Step("pytest", [*pytest, *marked(full=full), *extra], is_pytest=True)]
    runs = [
        ([], ["-n", "2"], folders_of(PARALLEL)),
        (["not alone"], ["-n", "2", "--dist", "loadfile"], folders_of(None)),
        (["alone"], [], folders_of(None)),
    ]
    return [
        Step(
            name, [*pytest, *marked(*which, full=full), *extra, *options, *folders], is_pytest=True
        )
        for name, (which, options, folders) in zip(RUNS, runs, strict=True)
        if folders
    ]


def marked(*which: str, full: bool) -> list[str]:
    """The option of pytest that chooses tests by their marks."""
    said = [*which, *([] if full else ["not full"])]
    return ["-m", " and ".join(f"({each})" for each in said)] if said else []


def names_tests(word: str) -> bool:
    return not word.startswith("-") and (run.ROOT / word.partition("::")[0]).exists()


def folders_of(names: tuple[str, ...] | None) -> list[str]:
    """Return those of these folders that hold tests; None stands for all others."""
    found = {path.relative_to(run.ROOT).parts[1] for path in run.ROOT.glob("tests/*/**/test_*.py")}
    wanted = names if names is not None else sorted(found - {*PARALLEL})
    return [f"tests/{name}" for name in wanted if name in found]


def benches() -> list[Step]:
    """Every module of `bench` that is a program; the others are what these are made of."""
    paths = sorted((run.ROOT / "bench").glob("*.py"))
    names = [path.stem for path in paths if "\ndef main(" in path.read_text(encoding="utf-8")]
    return [Step(f"bench {name}", [str(run.PYTHON), "-m", f"bench.{name}"]) for name in names]


def perform(step: Step, variables: dict[str, str]) -> Result:
    """Run a step, showing what it prints as it prints it."""
    print(f"\n==> {step.name}", flush=True)
    began, tail = time.monotonic(), b""
    with subprocess.Popen(
        step.command, cwd=run.ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        while child.stdout and (chunk := os.read(child.stdout.fileno(), 65536)):
            sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
            tail = (tail + chunk)[-8192:]
    closing = closing_line(tail) if step.is_pytest else ""
    return Result(step, child.returncode, time.monotonic() - began, closing)


def closing_line(output: bytes) -> str:
    lines = CLOSING_LINE.findall(COLOUR.sub("", output.decode(errors="replace")))
    return str(lines[-1]) if lines else ""


def conclude(results: list[Result]) -> int:
    """Print a line for each step and, last, what pytest said; 0 if nothing failed."""
    pytests = [result for result in results if result.step.is_pytest]
    found_none = all(result.found_nothing for result in pytests)
    failed = [
        result for result in results if result.code and (found_none or not result.found_nothing)
    ]
    print("\n==> summary")
    for result in results:
        word = "FAILED" if result in failed else "ok    "
        print(f"{word} {result.seconds:7.1f} s  {result.step.name}")
    for result in pytests:
        print(result.closing or f"{result.step.name} ended with {result.code}, see above")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
