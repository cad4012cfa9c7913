"""An export, applied where there is nothing, makes the same workspace."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from headgate.control.declaring.apply import apply
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.declaring.settling import variable
from headgate.folder import DataFolder
from headgate.store.database import open_store
from tests.harness.fixtures import tell
from tests.unit.api.asking import asking
from tests.unit.control.generated import SECRET, Generated

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

STEPS = 50


def secrets(text: str) -> dict[str, str]:
    """The variables that an export asks for."""
    return {variable(name): SECRET for name in re.findall(r"'@secret': (\S+)", text)}


def round_trip(tmp_path: Path, rng: Random, workspaces: int) -> None:
    done = things = 0
    for number in range(workspaces):
        api = asking(tmp_path / f"{number}")
        made = Generated(api, rng)
        made.run(STEPS)
        done += made.done
        more: dict[str, Any] = {"head": {0: 0}, "clock": api.clock}
        text = export(api.store, "main")
        again = DataFolder(tmp_path / f"{number}-again")
        apply(again, parse(text), environ=secrets(text), **more)
        with open_store(again) as store:
            assert export(store) == text
        for folder in (again, api.store.folder):
            repeated = apply(folder, parse(text), environ={}, prune=True, **more)
            assert repeated.changes == (), text
        things += sum(len(each) for each in yaml.safe_load(text).values() if isinstance(each, list))
        assert export(api.store, "main") == text
        api.store.close()
    tell(f"{workspaces} workspaces, {done} changes, {things} things")
    assert done > workspaces * STEPS / 6


def test_an_export_makes_the_same_workspace_elsewhere(tmp_path: Path, rng: Random) -> None:
    round_trip(tmp_path, rng, 1)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_exports_make_the_same_workspaces_elsewhere(tmp_path: Path, rng: Random) -> None:
    round_trip(tmp_path, rng, 40)
