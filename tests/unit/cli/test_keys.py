"""The commands for the key that secrets are stored under."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from headgate.cli.main import app

if TYPE_CHECKING:
    from pathlib import Path

HOOK = """
version: 1
workspace: main
sources: [{slug: shop}]
connections:
  - {slug: hook, source: shop, destination: webhook, settings: {sharedSecret: canary-7}}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "hook.yaml").write_text(HOOK)
    assert (
        run("apply", str(tmp_path / "hook.yaml"), "--data", str(tmp_path / "data")).exit_code == 0
    )
    return tmp_path / "data"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def listed(data: Path) -> Any:
    return json.loads(run("key", "list", "--json", "--data", str(data)).stdout)


def test_a_new_key_is_one_and_is_another_each_time() -> None:
    keys = [base64.b64decode(run("key", "new").stdout) for _ in range(2)]
    assert [len(key) for key in keys] == [32, 32]
    assert keys[0] != keys[1]


def test_keys_are_listed_by_names_and_taken_away_when_nothing_needs_them(data: Path) -> None:
    (before,) = listed(data)
    assert before == {"key": before["key"], "known": True, "secrets": 2}
    rotated = run("key", "rotate", "--data", str(data))
    assert len(rotated.stdout.splitlines()) == 4
    new, old = listed(data)
    assert (new["secrets"], old) == (2, {"key": before["key"], "known": True, "secrets": 0})
    assert run("key", "list", "--data", str(data)).stdout == f"{new['key']}  2\n{old['key']}  0\n"
    assert run("key", "forget", "--data", str(data)).stdout == "1 older keys are forgotten\n"
    assert listed(data) == [new]


def test_a_key_that_is_lost_is_told_of(data: Path) -> None:
    (before,) = listed(data)
    (data / "secret.key").write_text(run("key", "new").stdout)
    told = run("key", "list", "--data", str(data)).stdout.splitlines()
    assert told[1] == f"{before['key']}  2  not known here: these secrets cannot be read"
    assert run("key", "rotate", "--data", str(data)).exit_code == 1
