"""Building what roles and commands are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.kit.errors import TransportError
from headgate.kit.http.request import Request
from headgate.services.parts import existing_folder, folder_of, open_transport, own_ends
from headgate.settings import load


def test_a_command_that_only_looks_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="typo is no data folder"):
        existing_folder(load(data=tmp_path / "typo"))
    assert not (tmp_path / "typo").exists()


def test_a_folder_that_was_made_is_found(tmp_path: Path) -> None:
    settings = load(data=tmp_path / "data")
    assert folder_of(settings) == existing_folder(settings)


@pytest.mark.parametrize(
    ("collect", "public_url", "ends"),
    [
        ("127.0.0.1:0", None, set()),
        ("127.0.0.1:8080", None, {("127.0.0.1", 8080)}),
        ("0.0.0.0:8080", None, {("0.0.0.0", 8080), ("127.0.0.1", 8080), ("::1", 8080)}),  # noqa: S104
        ("127.0.0.1:0", "https://Events.example.org/in", {("events.example.org", 443)}),
        ("127.0.0.1:0", "http://events.example.org:81", {("events.example.org", 81)}),
    ],
)
def test_our_own_ends_are_known_from_the_settings(
    collect: str, public_url: str | None, ends: set[tuple[str, int]]
) -> None:
    assert own_ends(load(collect=collect, public_url=public_url)) == ends


async def test_the_way_out_does_not_lead_back_in() -> None:
    settings = load(collect="127.0.0.1:8080", egress_allow=["127.0.0.0/8"])
    transport, resolver = open_transport(settings)
    with pytest.raises(TransportError, match="would go in a circle"):
        await transport.send(Request("POST", "http://127.0.0.1:8080/v1/track"))
    await transport.close()
    await resolver.close()
