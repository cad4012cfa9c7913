"""Segment's browser library in a page, over plain http: from npm, and by the snippet."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import absent
from tests.harness import node
from tests.harness.checks import check_log
from tests.harness.proxy import Proxy
from tests.harness.receiver import until
from tests.harness.trouble import SWALLOWED, TROUBLES, Drawn, InTurn
from tests.journeys.browser import chromium, console
from tests.journeys.site import Site, library, page, snippet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from random import Random

    from selenium.webdriver import Chrome

    from tests.journeys.hooks import Hook, Hooks

pytestmark = pytest.mark.node

CALLS: list[list[Any]] = [
    ["identify", "ada", {"email": "ünï@example.com", "n": {"a": [1, 2.5, None]}}],
    ["track", "Order 🚀", {"revenue": 12.5, "products": [{"id": 1}]}],
    ["page", "Docs", "Home", {"custom": True}],
    ["screen", "App", "Main", {"build": 7}],
    ["group", "acme", {"name": "Acme", "employees": 42}],
    ["alias", "ada-2", "ada-1"],
]
"""Each of the six calls as a page makes it."""

CALL = """
const [settings, options, calls, done] = arguments
window.analytics ??= AnalyticsBrowser.load(settings, options)
Promise.all(calls.map(([method, ...given]) => analytics[method](...given))).then(
  (made) => done(made.map((each) => each.event)),
  (error) => done(String(error))
)
"""
BATCHING = {"strategy": "batching", "config": {"size": 10, "timeout": 300}}
SLOW = {"strategy": "batching", "config": {"size": 100, "timeout": 60_000}}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site of its own origin, whose page has the library in it."""
    try:
        script = library()
    except node.Unavailable as unavailable:
        absent(str(unavailable))
    with Site() as made:
        made.put("/library.js", script, "text/javascript")
        made.put("/", page('<script src="/library.js"></script>'))
        made.put("/elsewhere", page(""))
        yield made


@pytest.fixture(scope="module")
def driver(
    request: pytest.FixtureRequest,
    needs: Callable[[str, str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Chrome]:
    with chromium(request, needs, tmp_path_factory.mktemp("failed")) as started:
        yield started


class Visit:
    """One visitor's stay on the page, whose requests pass a relay that writes them down."""

    def __init__(self, driver: Chrome, site: Site, hook: Hook, proxy: Proxy) -> None:
        self.driver, self.hook, self.proxy, self._site = driver, hook, proxy, site
        driver.get(f"http://{site.host}/")
        driver.delete_all_cookies()
        driver.execute_script("localStorage.clear()")
        console(driver)  # what it says from here on is about this visit
        self.key = base64.b64encode(f"{hook.key}:".encode()).decode()

    def call(self, calls: list[list[Any]], **delivery: Any) -> dict[str, dict[str, Any]]:
        """Make calls; the events, by message id, as the library had them."""
        settings = {"writeKey": self.hook.key, "cdnURL": self.proxy.url}
        options = {"integrations": {"Segment.io": {"deliveryStrategy": delivery}}}
        made = self.driver.execute_async_script(CALL, settings, options if delivery else {}, calls)
        assert isinstance(made, list), made
        return {event["messageId"]: whole(event) for event in made}

    def open(self, content: str) -> None:
        """Open another page of the site."""
        self.driver.get(self._site.put("/other", content))

    def asked(self, method: str) -> list[str]:
        return [each.target for each in self.proxy.seen if each.method == method]

    def wait_for(self, messages: int) -> None:
        """Wait until so many messages have passed the relay and were answered."""
        until(lambda: len(self.taken) >= messages, 30, lambda: f"{messages}, not {self.taken}")

    @property
    def taken(self) -> set[str]:
        """The messages that the library has been told are taken."""
        return {one for each in self.proxy.seen for one in each.message_ids if each.status == 200}


def whole(event: dict[str, Any]) -> dict[str, Any]:
    """The event as it must arrive: with what the library and the server add when it is sent."""
    return {
        **event,
        "context": {**event["context"], "ip": "127.0.0.1"},
        "_metadata": {"bundled": ["Segment.io"], "unbundled": ["Webhook"], "bundledIds": []},
    }


@pytest.fixture
def visit(driver: Chrome, site: Site, hooks: Hooks) -> Iterator[Visit]:
    hook = hooks.new()
    with Proxy(hook.url, InTurn()) as proxy:
        yield Visit(driver, site, hook, proxy)
        assert [line for line in console(driver) if "favicon" not in line] == []


def test_all_six_calls_arrive_once_as_the_page_made_them(visit: Visit) -> None:
    made = visit.call(CALLS)
    visit.wait_for(6)
    visit.hook.judge(made)
    assert {event["type"] for event in made.values()} == {method for method, *_ in CALLS}
    assert {event["context"]["library"]["version"] for event in made.values()} == {
        "npm:next-1.84.3"
    }


def test_each_path_is_asked_about_once_before_a_key_is_sent_there(visit: Visit) -> None:
    made = visit.call(CALLS)
    visit.wait_for(6)
    made |= visit.call(CALLS)
    visit.wait_for(12)
    assert len(visit.asked("POST")) == 12
    assert sorted(visit.asked("OPTIONS")) == [f"/v1/{letter}" for letter in "agipst"]
    keys = {each.headers.get("authorization") for each in visit.proxy.seen if each.message_ids}
    assert keys == {f"Basic {visit.key}"}
    visit.hook.judge(made)


def test_batches_arrive_once(visit: Visit) -> None:
    made = visit.call([*CALLS, *(["track", "Viewed", {"n": n}] for n in range(29))], **BATCHING)
    assert len(made) == 35
    visit.wait_for(35)
    assert set(visit.asked("POST")) == {"/v1/b"}
    assert len(visit.asked("POST")) < 10
    assert visit.asked("OPTIONS") == ["/v1/b"]
    visit.hook.judge(made)


def test_what_is_waiting_when_the_page_is_left_arrives_once(visit: Visit, site: Site) -> None:
    made = visit.call([["track", "Waiting", {"n": n}] for n in range(7)], **SLOW)
    assert visit.taken == set()
    visit.driver.get(f"http://{site.host}/elsewhere")
    visit.wait_for(7)
    assert visit.asked("POST") == ["/v1/b"]
    visit.hook.judge(made)


@pytest.mark.parametrize("delivery", [{}, BATCHING], ids=["one by one", "in batches"])
def test_trouble_on_the_way_loses_nothing_and_doubles_nothing(
    driver: Chrome, site: Site, hooks: Hooks, rng: Random, delivery: dict[str, Any]
) -> None:
    hook, made = hooks.new(), dict[str, dict[str, Any]]()
    with Proxy(hook.url, Drawn(rng)) as proxy:
        visit = Visit(driver, site, hook, proxy)
        while not {trouble.name for trouble in TROUBLES} <= proxy.done().keys():
            made |= visit.call([["track", "Troubled", {"n": n}] for n in range(10)], **delivery)
            visit.wait_for(len(made))
    proxy.tell()
    live = check_log(hook.kept(), made)
    assert live.keys() == made.keys()
    assert len(hook.kept()) > len(made), "no message came twice, which is what this is about"


def test_over_plain_http_the_snippet_is_told_where_its_library_is_from(visit: Visit) -> None:
    origin = visit.proxy.url
    told = f"(window.analytics = window.analytics || [])._cdn = '{origin}'"
    script = snippet(apiKey=visit.hook.key, host=urlsplit(origin).netloc)
    script = script.replace(origin.replace("http:", "https:"), origin)
    visit.open(page(f"<script>{told}</script><script>{script}</script>"))
    visit.wait_for(1)
    (line,) = visit.hook.kept()
    assert line.event is not None
    assert (line.event["type"], line.verdict) == ("page", "live")
    assert f"/v1/projects/{visit.hook.key}/settings" in visit.asked("GET")


def test_a_message_that_only_the_library_believes_taken_is_found_out(
    driver: Chrome, site: Site, hooks: Hooks
) -> None:
    hook = hooks.new()
    with Proxy(hook.url, InTurn(SWALLOWED)) as proxy:
        visit = Visit(driver, site, hook, proxy)
        made = visit.call([["track", "Swallowed"], ["track", "Taken"]])
        visit.wait_for(2)
    with pytest.raises(AssertionError, match="1 acknowledged messages are not in the log"):
        check_log(hook.kept(), made)
