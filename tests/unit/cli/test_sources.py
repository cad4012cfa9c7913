"""`headgate source rotate-key`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
import yaml

from headgate.cli.main import app
from headgate.control.declaring.apply import apply
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.errors import Invalid, Missing
from headgate.folder import DataFolder
from headgate.store.database import open_store

if TYPE_CHECKING:
    from pathlib import Path

DECLARED = "{version: 1, workspace: demo, sources: [{slug: shop, write_keys: [wk_old]}]}"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = DataFolder(tmp_path / "data").make()
    apply(folder, parse(DECLARED), head={0: 0}, environ={})
    return folder.root


def rotate(data: Path, *words: str) -> None:
    app(["source", "rotate-key", *words, "--data", str(data)], standalone_mode=False)


def keys(data: Path) -> list[str]:
    with open_store(DataFolder(data)) as store:
        (source,) = yaml.safe_load(export(store))["sources"]
    return sorted(each if isinstance(each, str) else each["key"] for each in source["write_keys"])


def test_the_new_key_is_printed_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rotate(data, "shop")
    told = capsys.readouterr()
    assert keys(data) == sorted([told.out.strip(), "wk_old"])
    assert told.err.startswith("Taken until ")
    assert told.err.endswith(": wk_old\n")


def test_a_program_reads_until_when_the_old_ones_are_taken(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rotate(data, "shop", "--overlap-hours", "0", "--json")
    told = msgspec.json.decode(capsys.readouterr().out)
    assert (keys(data), told["old"]) == ([told["write_key"]], ["wk_old"])
    assert sorted(told) == ["old", "old_until", "write_key"]


def test_what_cannot_be_rotated_stays(data: Path) -> None:
    with pytest.raises(Missing, match="there is no source website"):
        rotate(data, "website")
    with pytest.raises(Invalid, match="hours: must be from 0"):
        rotate(data, "shop", "--overlap-hours", "9999")
    assert keys(data) == ["wk_old"]


def test_where_nothing_is_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="is no data folder"):
        rotate(tmp_path / "absent", "shop")
    assert not (tmp_path / "absent").exists()
