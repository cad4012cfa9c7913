from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate import catalog, destinations
from headgate.catalog import BrokenDestination, UnknownDestination
from headgate.kit import BrowserDestination, Destination, Settings

BROWSER = catalog.BROWSER_ENTRY_POINTS
PIXEL = """
from pathlib import Path
from headgate.kit import BrowserDestination, Settings
{name} = BrowserDestination("{title}", settings=Settings, plugin=Path("plugin.js"), docs="")
"""
GOOD = """
from headgate.kit import Destination, Settings
{name} = Destination("{title}", settings=Settings, docs="https://example.com/")
"""


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    yield
    catalog.destination.cache_clear()
    catalog.browser_destination.cache_clear()


def install(
    folder: Path,
    package: str,
    points: dict[str, str],
    code: str,
    group: str = "headgate.destinations",
) -> None:
    """Put a package where Python finds it, with entry points as pip would write them."""
    (folder / f"{package}.py").write_text(code)
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{slug} = {target}" for slug, target in points.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))


def test_a_destination_is_found_by_the_name_of_its_folder() -> None:
    webhook = catalog.destination("webhook")
    assert isinstance(webhook, Destination)
    assert webhook.name == "Webhook"
    assert catalog.destination("webhook") is webhook


def test_every_folder_is_a_destination() -> None:
    folders = [path.parent.name for path in Path(destinations.__path__[0]).glob("*/__init__.py")]
    assert "webhook" in folders
    for folder in folders:
        assert catalog.destination(folder).slug == folder
    assert set(folders) <= set(catalog.slugs())
    assert catalog.slugs() == sorted(catalog.slugs())


def test_listing_slugs_imports_no_destination() -> None:
    program = (
        "import sys; from headgate import catalog; "
        "assert 'webhook' in catalog.slugs(); "
        "assert not [m for m in sys.modules if m.startswith('headgate.destinations.')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("slug", ["nope", "", "../webhook", "webhook.signing", "__init__"])
def test_an_unknown_slug_is_refused_with_those_there_are(slug: str) -> None:
    with pytest.raises(UnknownDestination, match=r"there are: .*webhook") as caught:
        catalog.destination(slug)
    assert caught.value.slug == slug


def test_an_installed_package_adds_a_destination(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = GOOD.format(name="tool", title="Acme Tool")
    install(tmp_path, "acme_one", {"acme_tool": "acme_one:tool"}, code)
    monkeypatch.syspath_prepend(tmp_path)
    assert "acme_tool" in catalog.slugs()
    assert catalog.destination("acme_tool").name == "Acme Tool"


def test_our_own_destination_comes_before_a_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = GOOD.format(name="tool", title="Webhook")
    install(tmp_path, "acme_two", {"webhook": "acme_two:tool"}, code)
    monkeypatch.syspath_prepend(tmp_path)
    assert catalog.slugs().count("webhook") == 1
    assert catalog.destination("webhook").actions.keys() == {"send"}


def test_a_slug_that_two_packages_offer_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("acme_three", "acme_four"):
        code = GOOD.format(name="tool", title="Twice")
        install(tmp_path, package, {"twice": f"{package}:tool"}, code)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BrokenDestination, match=r"several .* 'twice': .*acme_four:tool"):
        catalog.destination("twice")


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        (
            GOOD.format(name="tool", title="Other"),
            "calls itself 'other' but is found as 'broken_5'",
        ),
        ("tool = 5", "the entry point 'broken_5' gives a int"),
    ],
)
def test_an_entry_point_that_breaks_its_promise_is_refused(
    code: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "acme_five", {"broken_5": "acme_five:tool"}, code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme_five", raising=False)
    with pytest.raises(BrokenDestination, match=complaint):
        catalog.destination("broken_5")


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("", 0),
        (GOOD.format(name="a", title="A") + "b = Destination('B', settings=Settings, docs='')", 2),
    ],
)
def test_a_folder_holds_exactly_one_destination(
    code: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / f"folder_{count}"
    folder.mkdir()
    (folder / "__init__.py").write_text(code)
    monkeypatch.setattr(destinations, "__path__", [str(tmp_path)])
    with pytest.raises(BrokenDestination, match=f"must declare one Destination, not {count}"):
        catalog.destination(folder.name)


def test_an_installed_package_adds_a_browser_destination(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = PIXEL.format(name="tool", title="Acme Pixel")
    points = {"acme_pixel": "acme_six:tool"}
    install(tmp_path, "acme_six", points, code, BROWSER)
    monkeypatch.syspath_prepend(tmp_path)
    assert "acme_pixel" in catalog.browser_slugs()
    assert "acme_pixel" not in catalog.slugs()
    found = catalog.browser_destination("acme_pixel")
    assert found.name == "Acme Pixel"
    assert catalog.browser_destination("acme_pixel") is found
    with pytest.raises(UnknownDestination, match="there is no destination 'acme_pixel'"):
        catalog.destination("acme_pixel")


def test_a_slug_may_name_a_destination_of_each_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = PIXEL.format(name="tool", title="Webhook")
    install(tmp_path, "acme_seven", {"webhook": "acme_seven:tool"}, code, BROWSER)
    monkeypatch.syspath_prepend(tmp_path)
    assert isinstance(catalog.destination("webhook"), Destination)
    assert isinstance(catalog.browser_destination("webhook"), BrowserDestination)


def test_our_packaged_plugin_comes_before_a_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = BrowserDestination("Acme Pixel", settings=Settings, plugin=tmp_path, docs="")
    monkeypatch.setattr("headgate.browser.packaged", lambda: {"acme_pixel": ours})
    points = {"acme_pixel": "acme_eight:tool"}
    install(tmp_path, "acme_eight", points, PIXEL.format(name="tool", title="Acme Pixel"), BROWSER)
    monkeypatch.syspath_prepend(tmp_path)
    assert catalog.browser_destination("acme_pixel") is ours
    assert catalog.browser_slugs().count("acme_pixel") == 1


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        (PIXEL.format(name="tool", title="Other"), "calls itself 'other' but is found as"),
        (GOOD.format(name="tool", title="Broken 9"), "the entry point 'broken_9' gives a Destinat"),
    ],
)
def test_a_browser_destination_that_breaks_its_promise_is_refused(
    code: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "acme_nine", {"broken_9": "acme_nine:tool"}, code, BROWSER)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme_nine", raising=False)
    with pytest.raises(BrokenDestination, match=complaint):
        catalog.browser_destination("broken_9")


def test_an_unknown_browser_destination_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownDestination, match="there is no browser destination 'nope'"):
        catalog.browser_destination("nope")


def test_every_warehouse_is_found_by_its_folder() -> None:
    assert catalog.warehouse_slugs() == ["bigquery", "postgres", "redshift", "snowflake"]
    names = [catalog.warehouse(slug).name for slug in catalog.warehouse_slugs()]
    assert names == ["BigQuery", "PostgreSQL", "Redshift", "Snowflake"]
    with pytest.raises(UnknownDestination, match="there is no warehouse 'paper'; there are: big"):
        catalog.warehouse("paper")
