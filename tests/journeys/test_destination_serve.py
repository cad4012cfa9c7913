"""The tester page as the author of a destination uses it, in real Chromium."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.harness.receiver import Step, failing, until
from tests.journeys.browser import chromium, console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

    from tests.harness.receiver import Receiver

PATIENCE = 20.0
SECRET = "canary-of-the-page-1815"  # noqa: S105 - a secret for this test alone
CODE = '''"""Acme: keep contacts up to date."""

from headgate.kit import Destination, Http, Payload, Response, Settings, field, path


class Account(Settings):
    api_key: str = field("API key", secret=True, key="apiKey")
    address: str = field("Address")


class Contact(Payload):
    email: str = field("Email", format="email", mapping=path("$.traits.email"))
    name: str | None = field("Name", mapping=path("$.traits.name"))


acme = Destination(
    "Acme", settings=Account, docs="", headers=lambda account: {"X-Api-Key": account.api_key}
)


@acme.check
async def check(http: Http, account: Account) -> Response:
    return await http.get(f"{account.address}/me")


@acme.action("Save contact", trigger='type = "identify"')
async def save(http: Http, contact: Contact, account: Account) -> Response:
    """Create a contact, or update the one with the same email."""
    body = {"email": contact.email, "name": contact.name}
    return await http.post(f"{account.address}/contacts", json=body)
'''


class Page:
    """The page in Chromium, the file that it follows, and the stub that it sends to."""

    def __init__(self, driver: Chrome, code: Path, receiver: Receiver, url: str) -> None:
        self.driver, self.code, self.receiver, self.url = driver, code, receiver, url
        driver.get(url)
        self.wait(lambda: self.text("#name") == "Acme", "the page to load")

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """What people see there; the page redraws, so it is read in one step."""
        script = "return document.querySelector(arguments[0])?.innerText ?? ''"
        return str(self.driver.execute_script(script, selector)).strip()

    def value(self, selector: str) -> Any:
        return json.loads(self.find(selector).get_property("value"))  # type: ignore[arg-type]

    def type(self, selector: str, text: str) -> None:
        """Replace what stands in a field, with the keyboard."""
        field = self.find(selector)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        until(is_so, PATIENCE, lambda: f"{what}; the result is {self.text('#result')!r}")

    def shows(self, text: str, selector: str = "#result") -> None:
        self.wait(lambda: text in self.text(selector), f"{text!r} in {selector}")

    def requests(self) -> list[Any]:
        return [json.loads(each.body or "") for each in self.receiver.received("/contacts")]


@pytest.fixture
def page(
    request: pytest.FixtureRequest,
    needs: Callable[[str, str], Path],
    receiver: Receiver,
    tmp_path: Path,
) -> Iterator[Page]:
    code = tmp_path / "acme" / "__init__.py"
    code.parent.mkdir()
    code.write_text(CODE)
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"apiKey": SECRET, "address": receiver.url("")}))
    with (
        served(code.parent, settings) as url,
        chromium(request, needs, tmp_path / "failed") as driver,
    ):
        yield Page(driver, code, receiver, url)
        assert [line for line in console(driver) if "favicon" not in line] == []
        assert SECRET not in driver.page_source


@contextmanager
def served(folder: Path, settings: Path) -> Iterator[str]:
    """The command as an author starts it: its first line says where the page is, Ctrl-C ends it."""
    words = ["destination", "serve", str(folder), "--port", "0", "--settings", str(settings)]
    environ = {**os.environ, "HEADGATE_EGRESS_ALLOW": "127.0.0.1/32"}
    command = [sys.executable, "-m", "headgate", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as process:
        try:
            line = process.stdout.readline().decode() if process.stdout else ""
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            assert found, line
            yield found[0]
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE) == 130
        finally:
            process.kill()


def test_an_event_is_mapped_sent_and_answered_and_saved_code_is_followed(page: Page) -> None:
    page.receiver.script("/contacts", Step(status=201, body='{"contact": "c-42"}'))
    assert page.value("#settings")["apiKey"] == "***"

    Select(page.find("#sample")).select_by_visible_text("track")
    page.shows("does not match", "#match")
    page.shows("'email'")  # which an event of this kind has not
    Select(page.find("#sample")).select_by_visible_text("identify")
    page.shows("matches", "#match")
    page.shows('"email": "ada@example.com"')

    mapping = {**page.value("#mapping"), "name": {"@template": "{{traits.name}} of {{userId}}"}}
    page.type("#mapping", json.dumps(mapping))
    page.shows("Ada Lovelace of u-1815")
    page.shows("POST")
    page.shows("/contacts")
    page.shows("Nothing was sent")
    assert page.requests() == []

    page.find("#send").click()
    page.shows("201 Created")
    page.shows('"contact": "c-42"')
    page.shows("Delivered", "#mode")
    (sent,) = page.requests()
    assert sent == {"email": "ada@example.com", "name": "Ada Lovelace of u-1815"}

    page.code.write_text(CODE.replace('"name": contact.name', '"fullName": contact.name'))
    page.shows("Reloaded", "#news")
    page.shows('"fullName": "Ada Lovelace of u-1815"')  # what was edited stays
    assert len(page.requests()) == 1


def test_errors_stand_where_they_are_to_be_mended(page: Page) -> None:
    page.type("#event", '{"type": "identify", "traits": {"email": "nobody"}}')
    page.shows("valid email")
    page.shows("Discarded")
    page.type("#event", "{")
    page.shows("Not JSON yet", "#event-error")
    assert page.find("#event").get_attribute("aria-invalid") == "true"
    Select(page.find("#sample")).select_by_visible_text("identify")
    page.shows('"email": "ada@example.com"')
    assert page.text("#event-error") == ""

    page.type("#mapping", '{"email": {"@nowhere": 1}}')
    page.shows("@nowhere", "#mapping-error")
    page.find("#reset").click()
    page.shows('"email": "ada@example.com"')
    page.type("#trigger", "type = ")
    page.shows("character", "#trigger-error")
    page.type("#settings", '{"apiKey": "", "address": "http://localhost:1"}')
    page.shows("apiKey", "#settings-error")

    page.code.write_text("def broken(:\n")
    page.shows("__init__.py:1", "#broken")
    page.code.write_text(CODE)
    page.wait(lambda: page.text("#broken") == "", "the banner to go")


def test_what_the_destination_answers_is_sorted_as_the_engine_sorts_it(page: Page) -> None:
    for status, said in ((503, "Would be tried again"), (403, "Credentials refused")):
        page.receiver.script("/contacts", failing(status))
        page.find("#mapping").send_keys(Keys.CONTROL, Keys.ENTER)
        page.shows(said)
        page.shows(str(status))


def test_addresses_that_the_guard_refuses_are_told_with_the_cure(page: Page) -> None:
    page.type("#settings", '{"apiKey": "***", "address": "https://10.0.0.1"}')
    page.shows("https://10.0.0.1/contacts")
    page.find("#send").click()
    page.shows("no answer")
    page.shows("HEADGATE_EGRESS_ALLOW=10.0.0.1/32")


def test_credentials_are_checked_against_the_destination(page: Page) -> None:
    page.receiver.script("/me", Step(), failing(401))
    page.find("#check").click()
    page.shows("credentials are good", "#checked")
    page.find("#check").click()
    page.shows("401 Unauthorized", "#checked")


def test_everything_can_be_reached_with_the_keyboard_and_has_a_name(page: Page) -> None:
    wanted = {"action", "sample", "event", "trigger", "settings", "mapping", "send", "check"}
    reached = set()
    for _ in range(40):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        focused = page.driver.switch_to.active_element
        reached.add(focused.get_attribute("id"))
        if focused.get_attribute("id"):
            assert focused.accessible_name, focused.get_attribute("id")
    assert wanted <= reached


def test_a_page_of_another_site_can_neither_read_nor_send(page: Page) -> None:
    event = {"type": "identify", "traits": {"email": "ada@example.com"}}
    body = json.dumps({"payload": event, "send": True})
    script = """
        const [url, body, done] = arguments;
        fetch(new URL("/save", url), { method: "POST", body, mode: "no-cors" })
          .then(() => fetch(new URL("/-/state", url)))
          .then((answer) => answer.text())
          .then(() => done("was read"), () => done("was refused"));
    """
    page.driver.get(page.receiver.url("/elsewhere"))
    assert page.driver.execute_async_script(script, page.url, body) == "was refused"
    assert page.requests() == []
    console(page.driver)  # what it refused there is what this test is about
    page.driver.get(page.url)
    page.shows("Preview", "#mode")
