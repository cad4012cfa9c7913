"""The published snippet in a page, over TLS: its host is ours, and all else follows from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import absent
from tests.harness import node
from tests.harness.certificates import Authority
from tests.harness.checks import check_log
from tests.harness.declarations import declaration, source
from tests.harness.fixtures import judged
from tests.harness.receiver import Receiver, until
from tests.harness.system import Headgate
from tests.journeys.browser import chromium, console
from tests.journeys.hooks import Hooks
from tests.journeys.site import Site, page, snippet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

    from tests.harness.printed import Line
    from tests.journeys.hooks import Hook

pytestmark = pytest.mark.node

PARTNER = "cdn.koala.live"
"""Where the plugin of Koala loads its vendor's script from: a stub on this machine."""
STUB = """
window.told = []
const tell = (...call) => window.told.push(JSON.parse(JSON.stringify(call)))
window.KoalaSDK = {
  load: async (options) => {
    tell('load', options)
    return {
      ready: (then) => then(),
      identify: (traits) => tell('identify', traits),
      track: (event, properties) => {
        if (event.includes('Breaks')) throw new Error('broken on purpose')
        tell('track', event, properties)
      }
    }
  }
}
"""
OFTEN = "(() => { const drawn = Math.random; Math.random = () => drawn() / 100 })()"
"""Makes the page one of those that report on themselves, as one in ten does."""
CALL = """
const [calls, done] = arguments
analytics.ready(() =>
  Promise.all(calls.map(([method, ...given]) => analytics[method](...given))).then(
    (made) => done(made.map((each) => each.event)),
    (error) => done(String(error))
  )
)
"""
LOADED = "return performance.getEntriesByType('resource').map((e) => [e.name, e.responseStatus])"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Hooks]:
    """Sources with webhooks in a Headgate that serves https."""
    folder, certificate = tmp_path_factory.mktemp("hooks"), str(authority.file("localhost"))
    environ = {"HEADGATE_TLS_CERT": certificate, "HEADGATE_TLS_KEY": certificate}
    headgate = Headgate(folder, environ=environ)
    with Receiver(folder / "receiver") as receiver, judged(headgate):
        assert headgate.ready.collect.startswith("https://")
        yield Hooks(headgate, receiver)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as made:
        yield made


@pytest.fixture(scope="module")
def partner(authority: Authority) -> Iterator[Site]:
    with Site(authority.context(PARTNER)) as made:
        made.put("/v1/pk_test/umd.js", STUB, "text/javascript")
        yield made


@pytest.fixture(scope="module")
def driver(
    request: pytest.FixtureRequest,
    needs: Callable[[str, str], Path],
    tmp_path_factory: pytest.TempPathFactory,
    partner: Site,
) -> Iterator[Chrome]:
    folder, hosts = tmp_path_factory.mktemp("failed"), {PARTNER: partner.host}
    with chromium(request, needs, folder, hosts=hosts) as started:
        yield started


class Visit:
    """A page with the snippet of a source, open in Chromium."""

    def __init__(self, driver: Chrome, site: Site, hook: Hook) -> None:
        self.driver, self.hook, self._site = driver, hook, site
        self.host = urlsplit(hook.url).netloc

    def open(self, query: str = "", **options: Any) -> None:
        """Open the page as a new visitor; `options` are those of the snippet."""
        try:
            script = snippet(apiKey=self.hook.key, host=self.host, **options)
        except node.Unavailable as unavailable:
            absent(str(unavailable))
        self._site.put("/", page(f"<script>{OFTEN}</script><script>{script}</script>"))
        self.driver.get(self._site.put("/empty", page("")))
        self.driver.delete_all_cookies()
        self.driver.execute_script("localStorage.clear()")
        self.driver.get(f"http://{self._site.host}/{query}")

    def call(self, *calls: list[Any]) -> dict[str, dict[str, Any]]:
        """Make calls; the events, by message id, as the library had them."""
        made = self.driver.execute_async_script(CALL, calls)
        assert isinstance(made, list), made
        return {event["messageId"]: event for event in made}

    def loaded(self) -> dict[str, int]:
        """What the page has loaded and sent: the status of each URL."""
        return dict(self.driver.execute_script(LOADED))

    def paths(self) -> set[str]:
        """The paths of our host that the page has asked for."""
        places = [urlsplit(url) for url in self.loaded()]
        return {place.path for place in places if place.netloc == self.host}

    def refused(self) -> dict[str, int]:
        """The requests for settings and of events that were not answered 200."""
        return {
            url: status
            for url, status in self.loaded().items()
            if urlsplit(url).path.startswith("/v1/") and PARTNER not in url and status != 200
        }

    def wait_for(self, messages: int) -> list[Line]:
        until(lambda: len(self.hook.kept()) >= messages, 20, f"{messages} messages in the log")
        return self.hook.kept()


@pytest.fixture
def visit(driver: Chrome, site: Site, hooks: Hooks) -> Iterator[Visit]:
    made = Visit(driver, site, hooks.new())
    yield made
    hosts = {urlsplit(url).netloc for url in made.loaded()}
    assert hosts <= {made.host, site.host, PARTNER}, "a page asked a host that nobody named"


def test_with_the_host_alone_changed_a_page_loads_and_sends_everything_here(visit: Visit) -> None:
    visit.open("?ajs_uid=ada&ajs_event=Hello")
    made = visit.call(
        ["identify", "ada", {"email": "ünï@example.com"}],
        ["track", "Order 🚀", {"revenue": 12.5}],
        ["page", "Docs", "Home"],
        ["screen", "App", "Main"],
        ["group", "acme", {"employees": 42}],
        ["alias", "ada-2", "ada-1"],
    )
    kept = visit.wait_for(9)
    live = check_log(kept, made)
    others = [line.event for message_id, line in live.items() if message_id not in made]
    assert sorted((event["type"], event.get("event")) for event in others if event) == [
        ("identify", None),  # of the address: ajs_uid
        ("page", None),  # of the snippet
        ("track", "Hello"),  # of the address: ajs_event
    ]
    libraries = {line.event["context"]["library"]["version"] for line in kept if line.event}
    assert libraries == {"next-1.84.3"}
    assert visit.refused() == {}
    assert visit.paths() >= {
        f"/analytics.js/v1/{visit.hook.key}/analytics.min.js",
        f"/v1/projects/{visit.hook.key}/settings",
        *(f"/v1/{letter}" for letter in "agipst"),
    }
    parts = {path.rpartition("/")[2].partition(".")[0] for path in visit.paths()}
    assert parts >= {"queryString", "ajs-destination", "schemaFilter"}
    assert [line for line in console(visit.driver) if "favicon" not in line] == []


KOALA: dict[str, Any] = {
    "slug": "koala",
    "destination": "koala",
    "mode": "device",
    "enabled": True,
    "settings": {"project_slug": "pk_test"},
    "subscriptions": [
        {
            "name": "Orders",
            "action": "trackEvent",
            "trigger": 'type = "track" and event != "Other"',
            "mapping": {
                "event": {"@template": "seen: {{event}}"},
                "properties": {"@path": "$.properties"},
            },
        }
    ],
}


@pytest.mark.parametrize("obfuscate", [False, True], ids=["plain", "obfuscated"])
def test_a_plugin_delivers_in_the_page_what_its_subscription_wants(
    visit: Visit, *, obfuscate: bool
) -> None:
    connection = {**KOALA, "slug": f"koala-of-{visit.hook.source}", "source": visit.hook.source}
    visit.hook.headgate.apply(declaration(connection, sources=[]))
    visit.open(load={"obfuscate": obfuscate})
    made = visit.call(
        ["identify", "ada", {"plan": "pro"}],
        ["track", "Order Completed", {"revenue": 12.5}],
        ["track", "Other", {"revenue": 1}],
        ["track", "Breaks", {}],
    )
    assert visit.driver.execute_script("return told") == [
        ["load", {"project": "pk_test", "hookSegment": False}],
        ["identify", {"plan": "pro"}],
        ["track", "seen: Order Completed", {"revenue": 12.5}],
    ]
    live = check_log(visit.wait_for(5), made)
    assert len(live) == 5
    for line in live.values():
        assert line.event is not None
        assert set(line.event["_metadata"]["bundled"]) == {"Segment.io", "Koala"}
    folder = "a29hbGE" if obfuscate else "koala"
    plugins = {path.split("/")[3] for path in visit.paths() if "/actions/" in path}
    assert plugins == {folder, "688"}
    until(lambda: "/v1/m" in visit.paths(), 20, "the page's word of the plugin that broke")
    assert visit.refused() == {}


def test_a_plugin_gets_what_the_rules_of_its_connection_leave(visit: Visit) -> None:
    cards = {"type": "DROP_PROPERTIES", "fields": {"properties": ["card"]}}
    koala = {
        **KOALA,
        "slug": f"filtered-koala-of-{visit.hook.source}",
        "source": visit.hook.source,
        "filters": [
            {
                "title": "No refunds",
                "if": 'match(event, "*Refunded")',
                "actions": [{"type": "DROP"}],
            },
            {"title": "No cards", "if": "all", "actions": [cards]},
            {"title": "Cheap", "if": "properties.price < 5", "actions": [{"type": "DROP"}]},
        ],
    }
    schema = {"blocked_events": ["Order Debugged"]}
    sources = [source(visit.hook.source, visit.hook.key, schema=schema)]
    visit.hook.headgate.apply(declaration(koala, sources=sources))
    visit.open()
    made = visit.call(
        ["track", "Order Completed", {"price": 12.5, "card": "4111"}],
        ["track", "Order Refunded", {"price": 12.5}],
        ["track", "Order Debugged", {"price": 12.5}],
        ["track", "Order Cancelled", {"price": 4}],
        ["track", "Order Counted", {"price": "unknown"}],
    )
    told = visit.driver.execute_script("return told")
    assert [each for each in told if each[0] == "track"] == [
        ["track", "seen: Order Completed", {"price": 12.5}]
    ], "what a condition cannot tell stays away, too"
    lines = check_log(visit.wait_for(6), made)
    events = [line.event for line in lines.values() if line.event and line.type == "track"]
    sent = {event["event"]: event["properties"] for event in events}
    assert sent["Order Completed"]["card"] == "4111", "here everything arrives as it was"
    assert len(sent) == 5
