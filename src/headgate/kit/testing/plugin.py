"""The plug-in of pytest: `--headgate-destination PACKAGE` adds the contract to what is tested."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from headgate.kit.testing.rule import Level, Rule
    from headgate.kit.testing.subject import Subject

SUITE: Final = Path(__file__).with_name("suite.py")
MATURITY: Final = "headgate-maturity"
"""The property of a test report that tells of a destination's level."""
_SUBJECTS: Final = pytest.StashKey["list[Subject]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("headgate", "destinations of Headgate")
    group.addoption(
        "--headgate-destination",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="test the destination of a package, or of `package:attribute`; may be repeated",
    )
    group.addoption(
        "--headgate-level",
        choices=("experimental", "beta", "stable"),
        default="beta",
        help="the level whose rules it must keep (default: beta)",
    )
    group.addoption(
        "--headgate-seed",
        type=int,
        default=1,
        help="what decides how moody the servers of the tests are (default: 1)",
    )


def pytest_configure(config: pytest.Config) -> None:
    if names := config.getoption("headgate_destination"):
        config.stash[_SUBJECTS] = _loaded(names, config.getoption("headgate_seed"))
        config.args.append(str(SUITE))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__file__ != str(SUITE):
        return
    subjects, rules = metafunc.config.stash.get(_SUBJECTS, []), _rules(metafunc.config)
    if "headgate_rule" in metafunc.fixturenames:
        pairs = [(subject, rule) for subject in subjects for rule in rules]
        names = [f"{subject.destination.slug}-{rule.name}" for subject, rule in pairs]
        metafunc.parametrize(("headgate_subject", "headgate_rule"), pairs, ids=names)
    elif "headgate_subject" in metafunc.fixturenames:
        slugs = [subject.destination.slug for subject in subjects]
        metafunc.parametrize("headgate_subject", subjects, ids=slugs)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which level each destination has reached."""
    reports = [it for kind in ("passed", "failed") for it in terminalreporter.getreports(kind)]
    levels = sorted(
        {value for it in reports for key, value in it.user_properties if key == MATURITY}
    )
    if levels:
        terminalreporter.section("Headgate destinations")
        for level in levels:
            terminalreporter.write_line(str(level))


def _loaded(names: list[str], seed: int) -> list[Subject]:
    from headgate.kit.testing.subject import UnknownSubject, load

    try:
        return [load(name, seed=seed) for name in names]
    except UnknownSubject as error:
        raise pytest.UsageError(f"--headgate-destination: {error}") from error


def _rules(config: pytest.Config) -> tuple[Rule, ...]:
    from headgate.kit.testing.rules import up_to

    level: Level = config.getoption("headgate_level")
    return up_to(level)
