from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from headgate.cli.destination.loading import find
from headgate.cli.destination.scaffold import (
    ACTIONS,
    BROWSER,
    TEMPLATES,
    fault_of,
    plan,
    slug_of,
    write,
)
from headgate.cli.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headgate.cli.destination.scaffold import Plan, Template


CLOUD = [template for template in TEMPLATES if template != BROWSER]


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Acme CRM", "acme_crm"), ("  It's 2! ", "it_s_2"), ("Über", "ber"), ("acme", "acme")],
)
def test_a_slug_is_made_of_the_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@pytest.mark.parametrize("slug", ["", "2x", "a-b", "Acme", "class", "é", "webhook"])
def test_a_slug_that_cannot_be_is_refused(slug: str) -> None:
    assert repr(slug) in fault_of(slug, "custom")


def test_a_good_slug_has_no_fault() -> None:
    assert fault_of("acme_2", "custom") == ""


def test_a_plugin_for_pages_may_have_the_slug_of_a_destination(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headgate.catalog.browser_slugs", lambda: ["pixel"])
    assert fault_of("webhook", "browser") == ""
    assert "there is a destination 'pixel' already" in fault_of("pixel", "browser")
    assert fault_of("pixel", "custom") == ""


@pytest.mark.parametrize("template", CLOUD)
def test_a_project_names_its_destination_for_the_catalogue(
    template: Template, started: Callable[[Template], Plan]
) -> None:
    folder = started(template).folder
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "headgate-destination-acme"
    assert project["entry-points"]["headgate.destinations"] == {
        "acme": "headgate_destination_acme:acme"
    }
    destination = find(str(folder)).destination
    assert (destination.name, destination.slug) == ("Acme", "acme")
    assert list(destination.actions) == [ACTIONS[template]]
    assert {"<", ">"} & set("".join(str(path) for path in folder.rglob("*"))) == set()
    assert (folder / ".gitignore").is_file()


def test_a_plugin_names_itself_for_the_catalogue_of_plugins(
    started: Callable[[Template], Plan],
) -> None:
    folder = started(BROWSER).folder
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {
        "headgate.browser_destinations": {"acme": "headgate_destination_acme:acme"}
    }
    assert (folder / ".npmrc").is_file()
    assert "name: 'acmeDestination'" in (folder / "vite.config.js").read_text()


def test_what_runs_in_pages_cannot_be_tried_here(started: Callable[[Template], Plan]) -> None:
    with pytest.raises(Failed, match="is a browser destination, which runs in pages and not here"):
        find(str(started(BROWSER).folder))


def test_a_plugin_is_a_project_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    with pytest.raises(Failed, match="is a package, and a plugin for pages is a project"):
        plan("Acme", "acme", BROWSER, tmp_path)


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_placeholder_is_left_in_a_file(
    template: Template, started: Callable[[Template], Plan]
) -> None:
    for path in started(template).folder.rglob("*"):
        text = path.read_text() if path.is_file() else ""
        for word in ("name", "slug", "package", "action", "distribution"):
            assert f"<{word}>" not in text, path


def test_inside_a_package_of_destinations_it_is_one_folder(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    planned = plan("Acme", "acme", "custom", tmp_path)
    names = {str(path.relative_to(tmp_path)) for path in write(planned)}
    assert planned.is_inside
    assert {name for name in names if "recordings" not in name} == {
        "acme/__init__.py",
        "acme/guide.md",
    }
    assert "acme/recordings/track_event.yaml" in names


def test_what_is_in_the_way_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    assert plan("Acme", "acme", "custom", tmp_path).folder == tmp_path / "acme"
    (tmp_path / "acme" / "mine.py").touch()
    with pytest.raises(Failed, match="is there already: name another place with --directory"):
        plan("Acme", "acme", "custom", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(Failed, match="is there already"):
        plan("File", "file", "custom", tmp_path)
