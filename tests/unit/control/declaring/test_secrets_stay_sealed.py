from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.declaring.export import export
from headgate.control.declaring.settling import variable
from headgate.control.errors import DeclarationError
from headgate.folder import DataFolder
from headgate.store.database import open_store
from headgate.store.errors import SecretKeyUnusable
from headgate.store.secrets import SecretBox
from headgate.store.snapshot import SnapshotReader
from tests.unit.control.pretend import EXAMPLE, changed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headgate.control.declaring.apply import Applied
    from headgate.store.snapshot import Snapshot

HIDDEN = "s3cr3t-of-the-hook"
SETTINGS = ("connections", 0, "settings")
REFERRING = changed(*SETTINGS, to={"sharedSecret": {"@secret": "hook.sharedSecret"}, "depth": 2})


def opened(folder: DataFolder) -> dict[str, Any]:
    snapshot = SnapshotReader(folder.snapshots).refresh()
    assert snapshot is not None
    return SecretBox.load(folder, {}).settings(snapshot.connections[1])


def test_no_file_of_the_data_folder_holds_a_secret_in_plain_text(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(EXAMPLE)
    apply(EXAMPLE.replace(HIDDEN, "another-" + HIDDEN))
    apply(EXAMPLE)
    needles = [HIDDEN.encode(), base64.b64encode(HIDDEN.encode()), HIDDEN.encode("utf-16-le")]
    files = [path for path in folder.root.rglob("*") if path.is_file()]
    assert folder.store in files
    assert any(path.suffix == ".snap" for path in files)
    for path in files:
        content = path.read_bytes()
        assert not any(needle in content for needle in needles), path


def test_the_search_would_find_a_plain_value(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(changed("sources", 0, "name", to=HIDDEN))
    content = [path.read_bytes() for path in folder.root.rglob("*") if path.is_file()]
    assert sum(HIDDEN.encode() in each for each in content) >= 2


def test_whoever_holds_the_key_opens_the_settings(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(EXAMPLE)
    assert opened(folder) == {"sharedSecret": HIDDEN, "depth": 2}


def test_the_same_value_keeps_its_envelope_and_another_gets_a_new_one(
    apply: Callable[..., Applied], published: Callable[[], Snapshot], folder: DataFolder
) -> None:
    apply(EXAMPLE)
    before = published().connections[1].settings["sharedSecret"]
    apply(changed(*SETTINGS, "depth", to=3))
    assert published().connections[1].settings["sharedSecret"] == before
    applied = apply(changed(*SETTINGS, "sharedSecret", to="other"))
    assert "update connection hook: settings.sharedSecret, settings.depth" in [
        change.line for change in applied.changes
    ]
    assert opened(folder)["sharedSecret"] == "other"


def test_a_reference_keeps_the_stored_value(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(EXAMPLE)
    environ = {"HEADGATE_SECRET_HOOK_SHAREDSECRET": "from the environment"}
    assert apply(REFERRING, environ=environ).changes == ()
    assert opened(folder)["sharedSecret"] == HIDDEN


def test_elsewhere_the_environment_gives_the_value(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(REFERRING, environ={"HEADGATE_SECRET_HOOK_SHAREDSECRET": HIDDEN})
    assert opened(folder)["sharedSecret"] == HIDDEN
    assert apply(REFERRING).changes == ()


def test_a_reference_that_nothing_resolves_is_refused_with_the_name_of_the_variable(
    apply: Callable[..., Applied],
) -> None:
    with pytest.raises(DeclarationError) as caught:
        apply(REFERRING)
    (problem,) = caught.value.problems
    assert problem.path == "connections[0].settings.sharedSecret"
    assert "set HEADGATE_SECRET_HOOK_SHAREDSECRET, or write the value" in problem.message


def test_settings_are_checked_with_the_value_behind_a_reference(
    apply: Callable[..., Applied],
) -> None:
    environ = {"HEADGATE_SECRET_HOOK_SHAREDSECRET": "too short"}
    with pytest.raises(DeclarationError, match=r"connections\[0\]\.settings: .*is too short"):
        apply(REFERRING, environ=environ)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("hook.sharedSecret", "HEADGATE_SECRET_HOOK_SHAREDSECRET"),
        ("my-hook_2.api.key", "HEADGATE_SECRET_MY_HOOK_2_API_KEY"),
    ],
)
def test_a_reference_names_one_variable(reference: str, name: str) -> None:
    assert variable(reference) == name


def test_a_secret_that_is_left_out_is_forgotten(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(EXAMPLE)
    apply(changed(*SETTINGS, to={"depth": 2}))
    assert opened(folder) == {"depth": 2}


def test_a_lost_key_is_not_replaced_in_silence(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(EXAMPLE)
    folder.secret_key.unlink()
    for dry_run in (True, False):
        with pytest.raises(SecretKeyUnusable, match=r"restore .*secret\.key"):
            apply(EXAMPLE, dry_run=dry_run)
    assert not folder.secret_key.exists()


def test_values_are_sealed_again_when_another_key_is_given(
    apply: Callable[..., Applied], folder: DataFolder, published: Callable[[], Snapshot]
) -> None:
    apply(EXAMPLE)
    environ = {"HEADGATE_SECRET_KEY": base64.b64encode(bytes(32)).decode()}
    with pytest.raises(DeclarationError, match="HEADGATE_SECRET_HOOK_SHAREDSECRET"):
        apply(REFERRING, environ=environ)
    apply(EXAMPLE, environ=environ)
    box = SecretBox.load(folder, environ)
    assert box.settings(published().connections[1])["sharedSecret"] == HIDDEN


def test_a_dry_run_makes_no_key(apply: Callable[..., Applied], folder: DataFolder) -> None:
    apply("{version: 1, workspace: demo}")
    folder.secret_key.unlink()
    apply(EXAMPLE, dry_run=True)
    assert not folder.secret_key.exists()


def test_an_export_moves_to_another_folder_with_its_secrets_given_apart(
    apply: Callable[..., Applied], folder: DataFolder, tmp_path: Path
) -> None:
    apply(EXAMPLE)
    with open_store(folder) as store:
        text = export(store)
    elsewhere = DataFolder(tmp_path / "elsewhere")
    apply(text, into=elsewhere, environ={"HEADGATE_SECRET_HOOK_SHAREDSECRET": HIDDEN})
    assert opened(elsewhere) == opened(folder)
    assert elsewhere.secret_key.read_bytes() != folder.secret_key.read_bytes()
