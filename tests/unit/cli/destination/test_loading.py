from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate import catalog
from headgate.cli.destination.loading import chosen, find, load
from headgate.cli.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headgate.cli.destination.scaffold import Plan, Template

TWO = """
from headgate.kit import Destination, Settings

one = also_one = Destination("One", settings=Settings, docs="")
two = Destination("Two", settings=Settings, docs="")
"""


def test_a_slug_of_the_catalogue_is_found() -> None:
    found = find("webhook")
    assert found.destination is catalog.destination("webhook")
    assert (found.folder / "guide.md").is_file()


def test_a_folder_of_the_tree_is_imported_by_its_full_name() -> None:
    folder = find("webhook").folder
    found = find(str(folder))
    assert found.module.__name__ == "headgate.destinations.webhook"
    assert found.again == str(folder)


def test_a_package_a_project_and_a_module_lead_to_the_destination(
    acme: Path, started: Callable[[Template], Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(str(acme)).name == "Acme"
    project = started("minimal")
    found = find(str(project.folder))
    assert found.module.__name__ == "headgate_destination_acme"
    assert found.folder == project.folder.resolve() / "src" / "headgate_destination_acme"
    monkeypatch.chdir(acme.parent)
    assert load("acme:acme").name == load("./acme").name == load("acme").name == "Acme"
    monkeypatch.chdir(acme)
    assert load(".").name == "Acme"


def test_what_was_edited_is_imported_anew_and_nothing_is_left_beside_it(acme: Path) -> None:
    before = load(str(acme))
    file = acme / "__init__.py"
    file.write_text(file.read_text().replace('"Acme"', '"Apex"'))  # of the same size
    assert (before.name, load(str(acme)).name) == ("Acme", "Apex")
    assert [path.name for path in acme.iterdir()] == ["__init__.py"]


def test_without_a_reference_it_is_that_of_this_folder_or_all_there_are(
    acme: Path, started: Callable[[Template], Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(acme)
    assert [found.destination.name for found in chosen(())] == ["Acme"]
    monkeypatch.chdir(started("custom").folder)
    assert [found.destination.name for found in chosen(())] == ["Acme"]
    (acme.parent / "pyproject.toml").write_text('[project]\nname = "other"\n')
    monkeypatch.chdir(acme.parent)
    monkeypatch.setattr(catalog, "slugs", lambda: ["webhook"])
    assert [found.destination.name for found in chosen(())] == ["Webhook"]


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("nowhere", "'nowhere' is no slug, no folder and no module; there are the slugs"),
        ("no where", "'no where' is no slug"),
        ("headgate.nowhere", "'headgate.nowhere' is no slug"),
        ("./nowhere", "is no folder"),
        ("./empty", "holds neither __init__.py nor pyproject.toml"),
        ("headgate.clock", "declares no Destination: write `name = Destination"),
        ("./acme_two", "declares 2 Destinations: give one as acme_two:one"),
        ("./acme_bad", "__init__.py:2: ZeroDivisionError: division by zero"),
        ("./acme_syntax", "__init__.py:1: "),
        ("./acme_needs", "ModuleNotFoundError: No module named 'a_library_that_is_not_there'"),
        ("./project", "must name one destination in"),
        ("./toml", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(
    reference: str, sentence: str, acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(acme.parent)
    for name, text in {
        "acme_two/__init__.py": TWO,
        "acme_bad/__init__.py": '"""It fails."""\nx = 1 / 0\n',
        "acme_syntax/__init__.py": "def (\n",
        "acme_needs/__init__.py": "import a_library_that_is_not_there\n",
        "project/pyproject.toml": "[project]\n",
        "toml/pyproject.toml": "[project\n",
    }.items():
        path = acme.parent / name
        path.parent.mkdir()
        path.write_text(text)
    (acme.parent / "empty").mkdir()
    with pytest.raises(Failed) as refusal:
        load(reference)
    assert sentence in str(refusal.value)


def test_a_destination_that_the_catalogue_cannot_load_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(slug: str) -> None:
        raise catalog.BrokenDestination(f"the entry point {slug!r} gives a str")

    monkeypatch.setattr(catalog, "destination", broken)
    with pytest.raises(Failed, match="webhook cannot be loaded: the entry point 'webhook' gives"):
        load("webhook")
