from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from headgate import catalog
from headgate.control.declaring.apply import apply
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.errors import DeclarationError
from headgate.folder import DataFolder
from headgate.route import Router
from headgate.store.database import open_store
from headgate.store.secrets import SecretBox
from headgate.store.snapshot import SnapshotReader

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = """
version: 1
workspace: demo
sources:
  - slug: website
    name: Website
    write_keys: [wk_website]
    answers: strict              # or compatible
    labels: {environment: dev}
connections:
  - slug: hook
    source: website
    destination: webhook
    enabled: true
    mode: cloud                  # or device
    ordering: none
    settings: {sharedSecret: abc}
    filters: []
    consent: []
    subscriptions:
      - name: Everything
        action: send
        enabled: true
        fql: strict              # or compatible
        trigger: 'type = "track" or type = "identify"'
        mapping: {url: "http://127.0.0.1:9000/", data: {"@path": "$."}}
warehouses: []
"""


def with_hook(**changes: Any) -> str:
    tree = yaml.safe_load(EXAMPLE)
    tree["connections"][0] |= changes
    return yaml.safe_dump(tree)


def with_subscription(**changes: Any) -> str:
    tree = yaml.safe_load(EXAMPLE)
    tree["connections"][0]["subscriptions"][0] |= changes
    return yaml.safe_dump(tree)


def test_the_example_of_the_contract_is_applied_and_exported_with_the_real_catalogue(
    tmp_path: Path,
) -> None:
    folder = DataFolder(tmp_path)
    applied = apply(folder, parse(EXAMPLE), head={0: 5}, environ={})
    snapshot = SnapshotReader(folder.snapshots).refresh()
    assert snapshot is not None
    assert snapshot.version == applied.version
    connection = snapshot.connections[1]
    assert SecretBox.load(folder, {}).settings(connection) == {"sharedSecret": "abc"}
    destination = catalog.destination(connection.destination)
    assert connection.settings.keys() == destination.settings.stored_secrets()
    assert connection.subscriptions[0].mapping == {
        "data": {"@path": "$."},
        "url": "http://127.0.0.1:9000/",
    }
    with open_store(folder) as store:
        text = export(store)
    again = apply(folder, parse(text), head={0: 9}, environ={}, prune=True)
    assert (again.changes, again.version) == ((), applied.version)


@pytest.mark.parametrize(("fql", "wanted"), [("strict", 1), ("compatible", 0)])
def test_a_trigger_decides_by_the_language_that_is_declared_for_it(
    tmp_path: Path, fql: str, wanted: int
) -> None:
    last_connective_wins = 'type = "page" or type = "track" and event = "x"'
    folder = DataFolder(tmp_path)
    text = with_subscription(fql=fql, trigger=last_connective_wins)
    applied = apply(folder, parse(text), head={0: 5}, environ={})
    snapshot = SnapshotReader(folder.snapshots).refresh()
    assert snapshot is not None
    assert snapshot.connections[1].subscriptions[0].fql == fql
    assert len(Router(snapshot.connections[1]).decide({"type": "page"}).wanted) == wanted
    with open_store(folder) as store:
        exported = export(store)
    again = apply(folder, parse(exported), head={0: 9}, environ={}, prune=True)
    assert (again.changes, again.version) == ((), applied.version)


def test_the_declared_default_mapping_of_a_real_action_fills_what_is_omitted() -> None:
    mapping = parse(with_subscription(mapping={"url": "https://example.com/"}))
    subscription = mapping.content.connections["hook"].subscriptions[0]
    assert subscription.mapping == {"data": {"@path": "$."}, "url": "https://example.com/"}


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (with_hook(destination="tele"), "connections[0].destination", "there are: "),
        (with_hook(settings={"secret": "x"}), "connections[0].settings", "secret is no setting"),
        (
            with_hook(settings={"sharedSecret": "whsec_***"}),
            "connections[0].settings",
            "Shared secret (sharedSecret) is not valid",
        ),
        (
            with_subscription(trigger='type = "track'),
            "connections[0].subscriptions[0].trigger",
            "at character",
        ),
        (
            with_subscription(trigger='((type = "track"))', fql="compatible"),
            "connections[0].subscriptions[0].trigger",
            "none may be nested",
        ),
        (
            with_subscription(mapping={"url": {"@nope": "x"}}),
            "connections[0].subscriptions[0].mapping",
            "@nope",
        ),
        (
            with_subscription(mapping={"url": [{"@liquid": "{% if %}"}]}),
            "connections[0].subscriptions[0].mapping",
            "/url/0/@liquid cannot be read",
        ),
        (with_subscription(action="sent"), "connections[0].subscriptions[0].action", "send"),
    ],
)
def test_what_the_real_catalogue_and_languages_refuse_is_refused_at_its_path(
    text: str, path: str, message: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse(text)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert message in problem.message


def test_a_refused_secret_is_not_in_the_message() -> None:
    with pytest.raises(DeclarationError) as caught:
        parse(with_hook(settings={"sharedSecret": "whsec_***hidden***"}))
    assert "hidden" not in str(caught.value)


def test_a_broken_package_is_a_problem_of_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(slug: str) -> None:
        raise catalog.BrokenDestination(f"{slug} gives nothing")

    monkeypatch.setattr(catalog, "destination", broken)
    with pytest.raises(DeclarationError, match="other gives nothing"):
        parse(with_hook(destination="other"))


def test_control_loads_the_catalogue_only_when_it_is_asked_for() -> None:
    probe = "import sys, headgate.control.declaring.apply; print('pydantic' in sys.modules)"
    command = [sys.executable, "-c", probe]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"False\n"


@pytest.mark.parametrize("value", [7, 1.5, True, False])
def test_a_number_is_no_text_of_a_setting_whatever_the_kit_makes_of_it(value: object) -> None:
    for slug, setting in (("webhook", "sharedSecret"), ("amplitude", "apiKey")):
        connection = {"slug": "c", "source": "s", "destination": slug, "settings": {setting: value}}
        tree = {"version": 1, "workspace": "w", "sources": [], "connections": [connection]}
        with pytest.raises(DeclarationError) as caught:
            parse(yaml.safe_dump(tree))
        problems = {each.path: each.message for each in caught.value.problems}
        told = problems[f"connections[0].settings.{setting}"]
        assert told == "must be text: put it in quotes"
