"""Somebody writes a plugin for pages: from the first command to what it sends in Chromium."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.conftest import absent
from tests.harness import node
from tests.harness.checks import check_log
from tests.harness.declarations import declaration
from tests.harness.fixtures import judged
from tests.harness.receiver import Receiver, until
from tests.harness.system import HEADGATE, Headgate
from tests.journeys.browser import chromium
from tests.journeys.hooks import Hooks
from tests.journeys.site import Site, library, page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver import Chrome

    from tests.journeys.hooks import Hook

pytestmark = pytest.mark.node

SECONDS = 60.0
FRESH_SECONDS, KEPT_SECONDS = 30.0, 15
"""How soon a change must be in pages, and for how much of that a browser may keep what it has."""
CALL = """
const [settings, calls, done] = arguments
const analytics = AnalyticsBrowser.load(settings)
Promise.all(calls.map(([method, ...given]) => analytics[method](...given))).then(
  (made) => done(made.map((each) => each.event)),
  (error) => done(String(error))
)
"""
ORDERS: dict[str, Any] = {
    "name": "Orders",
    "action": "sendEvent",
    "trigger": 'type = "track" and event = "Order Completed"',
}


class Vendor:
    """The tool that the plugin sends to; it writes down what pages bring."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        handler = type("Handler", (_Handler,), {"vendor": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/events"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    vendor: Vendor

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.vendor.received.append(json.loads(self.rfile.read(length)))
        self.send_response(204)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Whoever wants to know looks at `received`."""


def done(command: list[str], at: Path, **environ: str) -> None:
    """Run what an author types."""
    outside = {name: it for name, it in node.environ().items() if not name.startswith("HEADGATE_")}
    said = subprocess.run(
        command,
        cwd=at,
        env={**outside, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
        text=True,
    )
    assert said.returncode == 0, said.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH with the plugin that `init` begins, built and packed."""
    folder = tmp_path_factory.mktemp("plugin")
    project, site = folder / "webhook", folder / "site"
    try:
        done([str(HEADGATE), "destination", "init", "Webhook", "--template", "browser"], folder)
        packages = node.packages(project)
    except node.Unavailable as unavailable:
        absent(str(unavailable))
    (project / "node_modules").symlink_to(packages / "node_modules")
    done(["npm", "run", "build"], project)
    done([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(site)], project)
    (wheel,) = site.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    done([sys.executable, "-m", "pytest", "-q"], project, PYTHONPATH=str(site))
    return site


@pytest.fixture(scope="module")
def hook(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    """A source with the cloud destination Webhook, in a Headgate that has the plugin as well."""
    folder = tmp_path_factory.mktemp("headgate")
    headgate = Headgate(folder, environ={"PYTHONPATH": str(installed)})
    with Receiver(folder / "receiver") as receiver, judged(headgate):
        yield Hooks(headgate, receiver).new()


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    with Vendor() as started:
        yield started


@pytest.fixture(scope="module")
def driver(
    request: pytest.FixtureRequest,
    needs: Callable[[str, str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Chrome]:
    with chromium(request, needs, tmp_path_factory.mktemp("failed")) as started:
        yield started


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as made:
        made.put("/library.js", library(), "text/javascript")
        made.put("/", page('<script src="/library.js"></script>'))
        yield made


class Visit:
    """A visitor of a page whose source has the plugin."""

    def __init__(self, driver: Chrome, site: Site, hook: Hook, vendor: Vendor) -> None:
        self.driver, self.hook, self.vendor, self._site = driver, hook, vendor, site

    def connect(self, **mapping: Any) -> None:
        """Bring the plugin to the pages of the source, as its author's package declares it."""
        connection = {
            "slug": "in-pages",
            "source": self.hook.source,
            "destination": "webhook",
            "mode": "device",
            "settings": {"endpoint": self.vendor.url},
            "subscriptions": [{**ORDERS, "mapping": mapping}],
        }
        headgate = self.hook.headgate
        file = headgate.folder / "in-pages.json"
        file.write_text(json.dumps(declaration(connection, sources=[])))
        words = ["apply", str(file), "--data", str(headgate.data)]
        done([str(HEADGATE), *words], headgate.folder, PYTHONPATH=headgate.environ["PYTHONPATH"])

    def call(self, *calls: list[Any]) -> dict[str, dict[str, Any]]:
        """Open the page and make calls; the events, by message id, as the library had them."""
        self.driver.get(f"http://{self._site.host}/")
        settings = {"writeKey": self.hook.key, "cdnURL": self.hook.url}
        made = self.driver.execute_async_script(CALL, settings, calls)
        assert isinstance(made, list), made
        return {event["messageId"]: event for event in made}

    def told(self) -> tuple[dict[str, Any], str]:
        """The mapping that settings.json tells to pages, and how long they may keep it."""
        url = f"{self.hook.url}/v1/projects/{self.hook.key}/settings"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own
            found: Any = json.load(answer)
        (plugin,) = found["remotePlugins"]
        (subscription,) = plugin["settings"]["subscriptions"]
        return subscription["mapping"], str(answer.headers["Cache-Control"])


@pytest.fixture
def visit(driver: Chrome, site: Site, hook: Hook, vendor: Vendor) -> Visit:
    return Visit(driver, site, hook, vendor)


def test_a_plugin_of_ones_own_sends_from_the_page_what_its_subscription_wants(
    visit: Visit,
) -> None:
    visit.connect(name={"@template": "page: {{event}}"})
    made = visit.call(
        ["track", "Order Completed", {"revenue": 12.5}],
        ["track", "Other", {"revenue": 1}],
        ["identify", "ada", {"plan": "pro"}],
    )
    assert visit.vendor.received == [
        {"name": "page: Order Completed", "properties": {"revenue": 12.5}}
    ]
    headgate, source = visit.hook.headgate, visit.hook.source
    until(lambda: len(visit.hook.kept()) == 3, 20, "three messages in the log")
    live = check_log(visit.hook.kept(), made)
    assert len(live) == 3, "each is in the log, once"
    for line in live.values():
        assert line.event is not None
        assert line.event["_metadata"]["bundled"] == ["Segment.io", "Webhook"]
    until(lambda: headgate.row("hook-1").pending == 0, 20, "the end of all deliveries")
    (row,) = [row for row in headgate.ledger() if row.source == source]
    assert row.reasons == {"filtered": {"sent_client_side": 3}}
    assert (row.received, row.filtered, row.balance) == (3, 3, 0)
    (way,) = headgate.trace(next(iter(made))).deliveries
    assert (way.connection, way.decision, way.rule) == ("hook-1", "filtered", "sent_client_side")

    visit.connect(name={"@template": "changed: {{event}}"})
    mapping = {"name": {"@template": "changed: {{event}}"}, "properties": {"@path": "$.properties"}}
    told = (mapping, f"public, max-age={KEPT_SECONDS}")
    until(lambda: visit.told() == told, FRESH_SECONDS - KEPT_SECONDS, "the change in settings.json")
    visit.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    made |= visit.call(["track", "Order Completed", {}])
    assert visit.vendor.received[-1] == {"name": "changed: Order Completed", "properties": {}}
    until(lambda: len(visit.hook.kept()) == len(made), 20, "all messages in the log")
    check_log(visit.hook.kept(), made)


def test_a_connection_to_the_plugin_has_no_lane(visit: Visit) -> None:
    visit.connect(name="again")
    rows = [row for row in visit.hook.headgate.ledger() if row.source == visit.hook.source]
    assert [row.connection for row in rows] == ["hook-1"]
