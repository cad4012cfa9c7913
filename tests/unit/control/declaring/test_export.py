from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.control.declaring.apply import apply as apply_declaration
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.errors import UnknownWorkspace
from headgate.folder import DataFolder
from headgate.store.database import open_store
from tests.unit.control.pretend import CATALOGUE, EXAMPLE, changed
from tests.unit.store.snapshots import JSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.control.declaring.apply import Applied


def exported(folder: DataFolder, workspace: str | None = None) -> str:
    with open_store(folder) as store:
        return export(store, workspace)


def test_the_example_comes_back_in_its_own_shape(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(EXAMPLE)
    expected = yaml.safe_load(EXAMPLE)
    expected["connections"][0]["settings"]["sharedSecret"] = {"@secret": "hook.sharedSecret"}
    expected["connections"][0]["subscriptions"][0]["mapping"]["method"] = "POST"
    assert yaml.safe_load(exported(folder)) == expected


def test_no_secret_is_in_an_export(apply: Callable[..., Applied], folder: DataFolder) -> None:
    apply(EXAMPLE)
    assert "s3cr3t" not in exported(folder)
    assert "@sealed" not in exported(folder)


@pytest.mark.parametrize("prune", [False, True])
def test_applying_an_export_changes_nothing(
    apply: Callable[..., Applied], folder: DataFolder, *, prune: bool
) -> None:
    apply(changed("connections", 0, "name", to="A hook"))
    applied = apply(changed("sources", 0, "enabled", to=False))
    again = apply(exported(folder), prune=prune)
    assert (again.changes, again.version, again.warnings) == ((), applied.version, ())


def test_what_is_off_is_exported_as_off(apply: Callable[..., Applied], folder: DataFolder) -> None:
    apply(changed("sources", 0, "enabled", to=False))
    assert yaml.safe_load(exported(folder))["sources"][0]["enabled"] is False


def test_the_kind_of_a_source_comes_back_where_it_is_not_the_usual(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    for kind, told in (("python", "python"), ("http-api", None)):
        (change,) = apply(changed("sources", 0, "kind", to=kind)).changes[-1:]
        assert yaml.safe_load(exported(folder))["sources"][0].get("kind") == told
        assert apply(exported(folder)).changes == ()
    assert (change.verb, change.what) == ("update", ("kind",))


def test_a_workspace_must_be_named_where_there_are_several(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    with pytest.raises(UnknownWorkspace, match="there is none: apply a declaration first"):
        exported(folder)
    apply(EXAMPLE)
    apply("{version: 1, workspace: other}")
    with pytest.raises(UnknownWorkspace, match="name a workspace; there is demo, other"):
        exported(folder)
    with pytest.raises(UnknownWorkspace, match="there is no workspace third"):
        exported(folder, "third")
    assert yaml.safe_load(exported(folder, "other"))["sources"] == []
    assert yaml.safe_load(exported(folder, "demo"))["workspace"] == "demo"


def test_every_line_end_and_blank_survives_an_export(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    name = "a\rb\nc\r\nd\x85e\u2028f\u2029g\ufeffh\u00a0i\t j  "
    apply(changed("sources", 0, "name", to=name))
    assert yaml.safe_load(exported(folder))["sources"][0]["name"] == name
    assert apply(exported(folder)).changes == ()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
MAPPINGS = st.dictionaries(
    TEXTS.filter(lambda key: not key.startswith("@")),
    JSON | st.floats(allow_nan=False, allow_infinity=False),
    max_size=4,
)


@settings(max_examples=25, deadline=None)
@given(name=TEXTS, mapping=MAPPINGS, labels=st.dictionaries(TEXTS, st.text(max_size=8), max_size=2))
def test_an_export_of_anything_is_read_back_as_the_same(
    name: str, mapping: dict[str, Any], labels: dict[str, str]
) -> None:
    tree = yaml.safe_load(EXAMPLE)
    tree["sources"][0] |= {"name": name, "labels": labels}
    tree["connections"][0]["subscriptions"][0] |= {"name": name, "mapping": mapping}
    with tempfile.TemporaryDirectory() as root:
        folder = DataFolder(Path(root))
        first = parse(yaml.dump(tree, sort_keys=False), CATALOGUE)
        more: dict[str, Any] = {"head": {}, "catalogue": CATALOGUE, "environ": {}}
        apply_declaration(folder, first, **more)
        text = exported(folder)
        assert apply_declaration(folder, parse(text, CATALOGUE), **more).changes == ()
        subscription = parse(text, CATALOGUE).content.connections["hook"].subscriptions[0]
        assert (subscription.name, subscription.mapping) == (
            name,
            {"url": None, "method": "POST", "data": {"@path": "$."}} | mapping,
        )
