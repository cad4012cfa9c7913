"""Segment's own Node library, today's and its older ones, pointed at Headgate by its host."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.conftest import absent
from tests.harness import node

if TYPE_CHECKING:
    from tests.journeys.hooks import Hook, Hooks

NODE = Path(__file__).parent / "node"
SECONDS = 120

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    """An environment in which `node` starts."""
    try:
        return node.environ()
    except node.Unavailable as unavailable:
        absent(str(unavailable))


@pytest.fixture(scope="module")
def libraries() -> Path:
    """A folder with what the lock names, and the program that uses it."""
    try:
        folder = node.packages(NODE)
    except node.Unavailable as unavailable:
        absent(str(unavailable))
    shutil.copy(NODE / "send.mjs", folder)
    return folder


class Told(msgspec.Struct, frozen=True):
    """What a callback of the library was given."""

    error: str | None
    event: dict[str, Any] | None = None


@pytest.fixture
def hook(hooks: Hooks) -> Hook:
    return hooks.new()


def send(
    libraries: Path, environ: dict[str, str], hook: Hook, library: str, **orders: Any
) -> dict[str, dict[str, Any]]:
    """Have the library send; the events that it believes delivered, by message id."""
    orders = {"clients": 1, "options": {}, **orders}
    orders |= {"library": library, "host": hook.url, "key": hook.key}
    done = subprocess.run(
        ["node", "send.mjs", msgspec.json.encode(orders).decode()],
        cwd=libraries,
        env=environ,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    told = msgspec.json.Decoder(Told).decode_lines(done.stdout)
    assert len(told) == orders["clients"] * orders["events"]
    assert [each.error for each in told if each.error] == []
    return {each.event["messageId"]: each.event for each in told if each.event}


def test_what_the_library_believes_delivered_arrives_once_as_it_was_made(
    libraries: Path, environ: dict[str, str], hook: Hook
) -> None:
    made = send(libraries, environ, hook, "analytics-node-3", events=600)
    assert len(made) == 600
    hook.judge(made)


def test_several_clients_at_once_with_batches_of_many_sizes(
    libraries: Path, environ: dict[str, str], hook: Hook
) -> None:
    options = {"flushAt": 7, "flushInterval": 50}
    made = send(
        libraries, environ, hook, "analytics-node-3", clients=5, events=120, options=options
    )
    assert len(made) == 600
    hook.judge(made)


@pytest.mark.parametrize("library", ["analytics-node-1", "analytics-node-2"])
def test_older_libraries_say_the_write_key_in_one_place_only(
    libraries: Path, environ: dict[str, str], hook: Hook, library: str
) -> None:
    """1.x in the header, 2.x in the body."""
    made = send(libraries, environ, hook, library, events=60)
    assert len(made) == 60
    hook.judge(made)
