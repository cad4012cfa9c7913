from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any, Literal

import pytest

from headgate.browser import BUILT
from headgate.collect.cdn.plugins import Plugins, plugin_path
from headgate.kit import BrowserDestination
from headgate.store.snapshot import Connection, Snapshot

SCRIPT = b"window.wombatDestination = () => []"
DIGEST = hashlib.sha256(SCRIPT).hexdigest()[:20]
PATH = f"/next-integrations/actions/wombat/{DIGEST}.js"


def destination(plugin: Path, slug: str = "wombat") -> BrowserDestination:
    return BrowserDestination("Wombat", slug=slug, settings={}, plugin=plugin, docs="")


@pytest.fixture
def wombat(tmp_path: Path) -> BrowserDestination:
    plugin = tmp_path / "plugin.js"
    plugin.write_bytes(SCRIPT)
    return destination(plugin)


def snapshot(*slugs: str, mode: Literal["cloud", "device"] = "device") -> Snapshot:
    fields: dict[str, Any] = {"workspace": "w", "name": "", "source": 1, "ordering": "none"}
    fields |= {"settings": {}, "filters": [], "consent": [], "subscriptions": ()}
    connections = {
        number: Connection(
            number=number,
            id=f"con{number}",
            slug=slug,
            destination=slug,
            enabled=True,
            mode=mode,
            **fields,
        )
        for number, slug in enumerate(slugs, 1)
    }
    return Snapshot(1, {}, connections)


def test_the_path_of_an_own_plugin_changes_with_its_content(wombat: BrowserDestination) -> None:
    assert plugin_path(wombat) == PATH


def test_a_packaged_plugin_keeps_its_name() -> None:
    koala = destination(BUILT / "actions" / "koala" / "0123.js", slug="koala")
    assert plugin_path(koala) == "/next-integrations/actions/koala/0123.js"


def test_the_plugin_of_a_connection_in_device_mode_is_served(wombat: BrowserDestination) -> None:
    plugins = Plugins({"wombat": wombat}.__getitem__)
    assert plugins.file(PATH) is None
    plugins.configure(snapshot("wombat"))
    file = plugins.file(PATH)
    assert file is not None
    assert (file.content, gzip.decompress(file.gzipped), file.forever) == (SCRIPT, SCRIPT, True)


def test_a_connection_in_cloud_mode_loads_nothing(wombat: BrowserDestination) -> None:
    plugins = Plugins({"wombat": wombat}.__getitem__)
    plugins.configure(snapshot("wombat", mode="cloud"))
    assert plugins.file(PATH) is None


def test_a_packaged_plugin_is_left_to_the_built_files() -> None:
    koala = destination(BUILT / "actions" / "koala" / "0123.js", slug="koala")
    plugins = Plugins({"koala": koala}.__getitem__)
    plugins.configure(snapshot("koala"))
    assert plugins.file(plugin_path(koala)) is None


def test_a_plugin_stays_as_it_was_when_it_got_its_path(wombat: BrowserDestination) -> None:
    plugins = Plugins({"wombat": wombat}.__getitem__)
    plugins.configure(snapshot("wombat"))
    Path(str(wombat.plugin)).write_bytes(b"changed")
    plugins.configure(snapshot("wombat"))
    file = plugins.file(PATH)
    assert file is not None
    assert file.content == SCRIPT


def test_one_that_cannot_be_read_does_not_take_the_others_with_it(
    wombat: BrowserDestination, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {"wombat": wombat, "unbuilt": destination(tmp_path / "unbuilt.js", "unbuilt")}
    plugins = Plugins(known.__getitem__)
    plugins.configure(snapshot("unknown", "unbuilt", "wombat"))
    assert plugins.file(PATH) is not None
    said = capsys.readouterr().out
    assert said.count("plugin.invalid") == 2
    (tmp_path / "unbuilt.js").write_bytes(b"built")
    plugins.configure(snapshot("unbuilt"))
    assert plugins.file(plugin_path(known["unbuilt"])) is not None
