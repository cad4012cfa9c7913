"""What whoever operates it must mend is told so, in the words of each API, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.store.key_file import new_key, replace_keys
from tests.unit.api.asking import Asking, asking
from tests.unit.api.connected import created, source

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = {"settings": {"sharedSecret": "another-secret"}}


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


def asked(api: Asking, path: str) -> tuple[int, str]:
    answer = api.call("PATCH", path, SETTINGS)
    return answer.status, str(answer.json)


@pytest.mark.parametrize("content", [None, b"", b"no key\n"])
def test_a_change_without_the_key_of_the_secrets_says_who_mends_it(
    api: Asking, tmp_path: Path, content: bytes | None
) -> None:
    path = f"/destinations/{_secretive(api)}"
    key = api.store.folder.secret_key
    key.unlink() if content is None else key.write_bytes(content)
    status, told = asked(api, path)
    assert status == 503
    assert "must restore secret.key, or set HEADGATE_SECRET_KEY" in told
    assert "service-unavailable" in told
    assert str(tmp_path) not in told
    assert "another-secret" not in told
    assert api.call("GET", path).status == 200, "what is there can still be looked at"


def test_with_the_key_of_another_folder_a_secret_can_be_set_anew(api: Asking) -> None:
    path = f"/destinations/{_secretive(api)}"
    replace_keys(api.store.folder.secret_key, [new_key()])
    assert asked(api, path)[0] == 200


def test_the_config_api_says_it_in_its_own_words(api: Asking) -> None:
    shop = source(api, "shop")
    settings = {"apiKey": "a-first-secret", "secretKey": "another"}
    created(api, shop, "amplitude", settings=settings)
    api.store.folder.secret_key.unlink()
    name = "workspaces/main/sources/shop/destinations/webhook"
    body = {"destination": {"name": name}}
    answer = api.call("POST", "/v1beta/workspaces/main/sources/shop/destinations", body)
    assert (answer.status, answer.json["code"]) == (503, 14)
    assert "must restore secret.key" in answer.json["error"]


def _secretive(api: Asking) -> str:
    """A connection with a secret, by its id."""
    shop = source(api, "shop")
    return created(api, shop, "webhook", settings={"sharedSecret": "a-first-secret"})
