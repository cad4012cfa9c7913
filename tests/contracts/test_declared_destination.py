"""A package whose destination is data alone keeps the contract as any other."""

from __future__ import annotations

from pathlib import Path

from tests.contracts.test_foreign_destination import run

MODULE = """
from headgate.kit.direct import direct

PIN = {"key": "pin", "label": "PIN", "help": "From your account.", "secret": True}
acme = direct(
    "Acme", endpoint="https://events.acme.example/", docs="https://acme.example/", settings=[PIN]
)
"""
GUIDE = """# Acme
## What it does
## Before you start
## Settings
`apiKey` and `pin`
## Actions
`send`
## Differences from Segment's
## Limits
"""
RECORDING = """
settings: {apiKey: redacted-key, pin: redacted-pin}
event: {type: track, event: Seen}
exchanges:
  - request:
      method: POST
      url: https://events.acme.example/
      headers: {X-Segment-Settings: eyJwaW4iOiJyZWRhY3RlZC1waW4ifQ==}
      json: {type: track, event: Seen}
    response: {status: 200}
"""


def test_a_declared_destination_keeps_the_contract(tmp_path: Path) -> None:
    files = {
        "acme_direct/__init__.py": MODULE,
        "acme_direct/guide.md": GUIDE,
        "acme_direct/recordings/send.yaml": RECORDING,
        "acme_direct-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme_direct\n",
        "acme_direct-1.0.dist-info/entry_points.txt": (
            "[headgate.destinations]\nacme = acme_direct:acme\n"
        ),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    done = run(tmp_path, "--headgate-destination", "acme_direct")
    assert done.returncode == 0, done.stdout
    assert "acme: beta" in done.stdout
