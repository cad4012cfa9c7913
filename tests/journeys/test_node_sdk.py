"""Node libraries of Segment, today's and older ones, and of others, pointed at Headgate."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from tests.conftest import absent
from tests.harness import node
from tests.harness.proxy import Proxy
from tests.harness.trouble import ANSWERED, DOUBLED, PASS, SWALLOWED, TROUBLES, Deed, Drawn, InTurn

if TYPE_CHECKING:
    from random import Random

    from tests.journeys.hooks import Hook, Hooks

NODE = Path(__file__).parent / "node"
SECONDS = 120
LATEST, OLDEST = "analytics-node-3", "analytics-node"
RUDDERSTACK, JITSU = "@rudderstack/rudder-sdk-node", "@jitsu/js"
REACT_NATIVE = "@segment/analytics-react-native"
OTHERS = (OLDEST, RUDDERSTACK, JITSU, REACT_NATIVE)
"""Those that only the long journeys use."""

pytestmark = pytest.mark.node


class Told(msgspec.Struct, frozen=True):
    """What a library said about one message."""

    error: str | None
    event: dict[str, Any] | None = None


class Sent(NamedTuple):
    """The messages of a library by their ids: delivered as it believes, or not."""

    made: dict[str, dict[str, Any]]
    refused: dict[str, dict[str, Any]]


class Libraries:
    """Folders with what the locks name, and the program that uses it."""

    def __init__(self) -> None:
        self._environ = node.environ()

    def send(self, library: str, hook: Hook, url: str | None = None, **orders: Any) -> Sent:
        """Have a library send `events` by each of its `clients`, to the hook or to this URL."""
        folder = node.packages(NODE / "others" if library in OTHERS else NODE)
        program = "app.cjs" if library == REACT_NATIVE else "send.mjs"
        shutil.copy(NODE / program, folder)
        orders = {"clients": 1, "options": {}, **orders}
        orders |= {"library": library, "host": url or hook.url, "key": hook.key}
        done = subprocess.run(
            ["node", "--no-warnings", program, msgspec.json.encode(orders).decode()],
            cwd=folder,
            env=self._environ,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
        told = msgspec.json.Decoder(Told).decode_lines(done.stdout)
        sent = Sent(of(told, refused=False), of(told, refused=True))
        assert len(sent.made) + len(sent.refused) == orders["clients"] * orders["events"]
        return sent


def of(told: list[Told], *, refused: bool) -> dict[str, dict[str, Any]]:
    events = [each.event for each in told if each.event and bool(each.error) == refused]
    return {event["messageId"]: event for event in events}


@pytest.fixture(scope="module")
def libraries() -> Libraries:
    try:
        return Libraries()
    except node.Unavailable as unavailable:
        absent(str(unavailable))


@pytest.fixture
def hook(hooks: Hooks) -> Hook:
    return hooks.new()


def test_what_the_library_believes_delivered_arrives_once_as_it_was_made(
    libraries: Libraries, hook: Hook
) -> None:
    sent = libraries.send(LATEST, hook, events=600)
    assert sent.refused == {}
    hook.judge(sent.made)


def test_several_clients_at_once_with_batches_of_many_sizes(
    libraries: Libraries, hook: Hook
) -> None:
    options = {"flushAt": 7, "flushInterval": 50}
    sent = libraries.send(LATEST, hook, clients=5, events=120, options=options)
    assert sent.refused == {}
    hook.judge(sent.made)


@pytest.mark.parametrize("library", ["analytics-node-1", "analytics-node-2"])
def test_older_libraries_say_the_write_key_in_one_place_only(
    libraries: Libraries, hook: Hook, library: str
) -> None:
    """1.x in the header, 2.x in the body."""
    sent = libraries.send(library, hook, events=60)
    assert sent.refused == {}
    hook.judge(sent.made)


@pytest.mark.parametrize(
    "library",
    [
        LATEST,
        pytest.param("analytics-node-2", marks=pytest.mark.full),
        pytest.param(OLDEST, marks=pytest.mark.full),
        pytest.param(RUDDERSTACK, marks=pytest.mark.full),
    ],
)
def test_trouble_on_the_way_loses_nothing_and_doubles_nothing(
    libraries: Libraries, hook: Hook, rng: Random, library: str
) -> None:
    with Proxy(hook.url, Drawn(rng, passes=2)) as proxy:
        sent = libraries.send(library, hook, proxy.url, events=600)
    proxy.tell()
    assert sent.refused == {}
    assert proxy.done().keys() >= {trouble.name for trouble in TROUBLES}
    assert hook.judge(sent.made).duplicates > 0


@pytest.mark.full
def test_an_app_sends_what_failed_together_with_what_is_new(
    libraries: Libraries, hook: Hook, rng: Random
) -> None:
    options = {"flushAt": 20, "maxBatchSize": 20}
    with Proxy(hook.url, Drawn(rng, passes=2)) as proxy:
        sent = libraries.send(REACT_NATIVE, hook, proxy.url, events=600, options=options)
    proxy.tell()
    asked = [each.target for each in proxy.seen if not each.message_ids]
    assert asked == [f"/v1/projects/{hook.key}/settings"]
    assert proxy.done().keys() >= {trouble.name for trouble in TROUBLES}
    assert hook.judge(sent.made).duplicates > 0


@pytest.mark.full
@pytest.mark.parametrize("options", [{}, {"s2s": True}], ids=["as a browser", "as a server"])
def test_of_a_library_that_never_tries_again_arrives_what_it_believes_delivered(
    libraries: Libraries, hook: Hook, rng: Random, options: dict[str, bool]
) -> None:
    with Proxy(hook.url, Drawn(rng, passes=2)) as proxy:
        sent = libraries.send(JITSU, hook, proxy.url, events=120, options=options)
    proxy.tell()
    assert proxy.done().keys() >= {trouble.name for trouble in TROUBLES}
    assert len(sent.made) == sum(proxy.done()[deed.name] for deed in ANSWERED)
    hook.judge(sent.made, unsure=sent.refused)


@pytest.mark.parametrize(
    ("unforgivable", "says"), [(SWALLOWED, "15 .* not in the log"), (DOUBLED, "never sent")]
)
def test_a_lost_batch_and_a_doubled_one_are_seen(
    libraries: Libraries, hook: Hook, unforgivable: Deed, says: str
) -> None:
    with Proxy(hook.url, InTurn(PASS, unforgivable)) as proxy:
        sent = libraries.send(LATEST, hook, proxy.url, events=45)
    with pytest.raises(AssertionError, match=says):
        hook.judge(sent.made)
