from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from headgate.browser import BUILT, BrowserFiles, NotBuilt
from tests.conftest import absent

CHUNK = re.compile(rb'\+"/([0-9a-f]{20}\.js)"')
HASHES = re.compile(rb"\{(?:\d+:\"[0-9a-f]{20}\",?)+\}")


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A folder like the built one, with a library, one destination and its shared part."""
    for name, content in {
        "analytics-next/standalone.js": b'start("__WRITE_KEY__")',
        "analytics-next/part.bundle.0123.js": b"part",
        "actions/koala/aa.js": b"koala",
        "actions/688/bb.js": b"shared",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content))
    (tmp_path / "catalogue.json").write_text("[]")
    return tmp_path


@pytest.fixture
def built() -> BrowserFiles:
    try:
        return BrowserFiles.load()
    except NotBuilt as missing:
        absent(str(missing))


def test_a_file_is_there_plain_and_compressed(few: Path) -> None:
    file = BrowserFiles.load(few).file("/analytics-next/bundles/part.bundle.0123.js")
    assert file is not None
    assert (file.content, gzip.decompress(file.gzipped)) == (b"part", b"part")


@pytest.mark.parametrize("folder", ["koala", "a29hbGE"])
def test_a_plugin_is_there_under_its_slug_and_under_the_obfuscated_one(
    few: Path, folder: str
) -> None:
    """The library asks for `btoa(slug)` without `=` when told `obfuscate: true`."""
    file = BrowserFiles.load(few).file(f"/next-integrations/actions/{folder}/aa.js")
    assert file is not None
    assert file.content == b"koala"


@pytest.mark.parametrize(
    ("path", "forever"),
    [
        ("/analytics-next/bundles/part.bundle.0123.js", True),
        ("/next-integrations/actions/688/bb.js", True),
        ("/analytics-next/bundles/standalone.js", False),
    ],
)
def test_only_a_name_that_tells_of_the_content_lasts_for_ever(
    few: Path, path: str, *, forever: bool
) -> None:
    file = BrowserFiles.load(few).file(path)
    assert file is not None
    assert file.forever is forever


@pytest.mark.parametrize(
    "path",
    [
        "/analytics-next/bundles/part.bundle.0123.js.gz",
        "/analytics-next/bundles/../../catalogue.json",
        "/next-integrations/actions/koala/../../catalogue.json",
        "/next-integrations/actions/koala/bb.js",
        "/next-integrations/actions/koala/",
        "/catalogue.json",
        "",
    ],
)
def test_there_is_nothing_at_any_other_path(few: Path, path: str) -> None:
    assert BrowserFiles.load(few).file(path) is None


def test_the_library_starts_by_the_write_key(few: Path) -> None:
    assert BrowserFiles.load(few).library("wk_1") == b'start("wk_1")'


def test_missing_files_are_told_of_with_what_builds_them(tmp_path: Path) -> None:
    with pytest.raises(NotBuilt, match=r"python3 run\.py setup"):
        BrowserFiles.load(tmp_path)


def test_the_library_takes_its_write_key_in_one_place(built: BrowserFiles) -> None:
    assert built.library("__WRITE_KEY__").count(b"__WRITE_KEY__") == 1
    assert b"wk_1" in built.library("wk_1")


def test_every_built_file_is_compressed_as_it_is() -> None:
    scripts = list(BUILT.rglob("*.js"))
    if not scripts:
        absent("needs the files that browsers load: python3 run.py setup")
    assert len(scripts) > 30
    for script in scripts:
        gzipped = script.with_name(f"{script.name}.gz").read_bytes()
        assert gzip.decompress(gzipped) == script.read_bytes(), script.name


def test_every_part_that_the_library_loads_later_is_there(built: BrowserFiles) -> None:
    (listed,) = HASHES.findall(built.library("wk_1"))
    hashes = re.findall(r"[0-9a-f]{20}", listed.decode())
    names = {path.name for path in (BUILT / "analytics-next").glob("*.bundle.*.js")}
    assert len(hashes) == 8
    assert {name.split(".")[2] for name in names} == set(hashes)
    assert all(built.file(f"/analytics-next/bundles/{name}") for name in names)


def test_every_part_that_a_plugin_loads_later_is_beside_it(built: BrowserFiles) -> None:
    plugins = [path for path in BUILT.glob("actions/*/*.js") if not path.parent.name.isdigit()]
    assert len(plugins) == 25
    for plugin in plugins:
        parts = {part.decode() for part in CHUNK.findall(plugin.read_bytes())}
        assert len(parts) == 1, plugin.parent.name
        (part,) = parts
        assert built.file(f"/next-integrations/actions/688/{part}"), plugin.parent.name
