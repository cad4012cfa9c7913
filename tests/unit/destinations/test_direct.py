from __future__ import annotations

import json
import re
import runpy
from base64 import b64decode
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from headgate import catalog
from headgate.kit import Discard
from headgate.kit.errors import InvalidSettings
from headgate.kit.findings import findings
from tests.unit.destinations.running import Runner, answer

SETTINGS = {"endpoint": "https://acme.example/events", "apiKey": "key-1234"}
VALUES = {"event": {"type": "track"}}


def test_its_secrets_are_the_key_and_the_further_settings() -> None:
    direct = catalog.destination("direct")
    assert direct.settings.stored_secrets() == {"apiKey", "settings"}
    assert direct.actions["send"].payload.default_mapping() == {"event": {"@path": "$."}}


@pytest.mark.parametrize(
    ("further", "told"),
    [(None, {}), ("", {}), ("{}", {}), ('{"region": "eu", "n": [1]}', {"region": "eu", "n": [1]})],
)
async def test_the_endpoint_is_told_the_further_settings(further: str | None, told: object) -> None:
    (request,) = await Runner("direct", {**SETTINGS, "settings": further}).perform("send", VALUES)
    assert request.url == SETTINGS["endpoint"]
    assert json.loads(b64decode(dict(request.headers)["X-Segment-Settings"])) == told


async def test_no_further_setting_shows_in_a_reason() -> None:
    further = json.dumps({"login": {"pin": "pin-5678"}, "ids": [12345]})
    runner = Runner("direct", {**SETTINGS, "settings": further})
    with pytest.raises(Discard, match=r"It says: \*\*\* and \*\*\* are unknown$"):
        await runner.perform(
            "send", VALUES, answer({"message": "pin-5678 and 12345 are unknown"}, 400)
        )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"endpoint": "http://acme.example"}, "must begin with https://"),
        ({"settings": "[1]"}, "Settings (settings) is not valid."),
        ({"settings": '{"a": '}, "Settings (settings) is not valid."),
        ({"apiKey": ""}, "apiKey"),
    ],
)
def test_settings_that_cannot_be_are_refused_when_they_are_set(
    changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InvalidSettings) as caught:
        Runner("direct", {**SETTINGS, **changes})
    assert fault in str(caught.value)


def test_the_guides_own_destination_can_be_declared(tmp_path: Path) -> None:
    guide = files("headgate.destinations.direct").joinpath("guide.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "example.py").write_text(code, "utf-8")
    acme = runpy.run_path(str(tmp_path / "example.py"))["acme"]
    assert acme.settings.stored_fields().keys() == {"apiKey", "region", "pin"}
    assert [str(each) for each in findings(acme) if each.level == "error"] == []
