from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.habits.locks import pins, pyproject

CONTENT = {
    "run": ("run", "demo", "build", "build-system"),
    "test": ("run", "demo", "test", "build", "build-system"),
    "tools": ("tools",),
    "node": ("node",),
}
"""Which requirements of pyproject.toml each lock must satisfy."""

LOCKS = list(CONTENT)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_is_pinned_with_its_hashes(lock: str) -> None:
    assert [pin.name for pin in pins(lock) if not pin.hashes or not pin.version] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_the_project_file(lock: str) -> None:
    versions = {pin.name: pin.version for pin in pins(lock)}
    wanted = [Requirement(text) for kind in CONTENT[lock] for text in pyproject()[kind]]
    unmet = [
        str(requirement)
        for requirement in wanted
        if requirement.name != "headgate"
        and versions.get(canonicalize_name(requirement.name), "none") not in requirement.specifier
    ]
    assert unmet == [], "regenerate the locks, see requirements/README.md"


def test_tests_run_with_the_versions_that_users_get() -> None:
    tested = {pin.name: pin.version for pin in pins("test")}
    assert {pin.name for pin in pins("run") if tested.get(pin.name) != pin.version} == set()
