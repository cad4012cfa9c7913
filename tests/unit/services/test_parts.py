"""Building what roles and commands are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.services.parts import existing_folder, folder_of
from headgate.settings import load


def test_a_command_that_only_looks_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="typo is no data folder"):
        existing_folder(load(data=tmp_path / "typo"))
    assert not (tmp_path / "typo").exists()


def test_a_folder_that_was_made_is_found(tmp_path: Path) -> None:
    settings = load(data=tmp_path / "data")
    assert folder_of(settings) == existing_folder(settings)
