"""Somebody watches events come, follows one, tests another, and tells a lane what to do."""

from __future__ import annotations

import http.client
import threading
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from headgate.cli.tokens import working
from headgate.control.access.passwords import hashed
from headgate.control.nouns import users
from tests.harness.declarations import connection, declaration
from tests.harness.receiver import OK, failing, until
from tests.harness.sending import fresh, send
from tests.journeys.test_console import EMAIL, PASSWORD, ask

if TYPE_CHECKING:
    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver
    from tests.harness.system import Headgate

SECONDS = 20.0


class Person:
    """An owner with a session."""

    def __init__(self, headgate: Headgate) -> None:
        self.url = headgate.ready.control
        with working(headgate.data, None) as work:
            users.create(work, EMAIL, ["owner"], password=hashed(PASSWORD))
        given = {"email": EMAIL, "password": PASSWORD}
        answer = ask(self.url, "POST", "/app/api/session", given)
        cookie = SimpleCookie(answer.headers["set-cookie"])["headgate"].value
        self.shown = {"Cookie": f"headgate={cookie}"}
        self._csrf = answer.json["data"]["csrf"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        more = {**self.shown, "X_CSRF_Token": self._csrf}
        answer = ask(self.url, method, f"/app/api{path}", body, **more)
        assert answer.status == 200, (path, answer)
        return answer.json["data"]


class View:
    """A live view that is read as it comes."""

    def __init__(self, person: Person, source: str) -> None:
        parts = urlsplit(person.url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        self._connection.request("GET", f"/app/api/sources/{source}/live", headers=person.shown)
        self._response = self._connection.getresponse()
        assert self._response.status == 200
        self.told: list[tuple[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        name = ""
        for line in self._response:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                self.told.append((name, msgspec.json.decode(value)))

    def names(self) -> list[str]:
        return [name for name, _ in self.told]

    def is_over(self) -> bool:
        return not self._reader.is_alive()

    def close(self) -> None:
        self._reader.join(SECONDS)
        self._connection.close()


def test_a_person_watches_tests_and_tells(start: Start, receiver: Receiver) -> None:
    headgate = start()
    headgate.apply(declaration(connection("hook", receiver.url("/hook"))))
    person = Person(headgate)
    nodes = {each["kind"]: each["id"] for each in person.ask("GET", "/overview")["graph"]["nodes"]}
    hook = f"/connections/{nodes['connection']}"

    view = View(person, nodes["source"])
    receiver.script("/hook", failing(400), OK)
    (message_id,) = send(headgate.ready.collect, fresh(1))
    until(lambda: view.names() == ["event"], SECONDS, "the event")
    assert view.told[0][1]["messageId"] == message_id

    def letters() -> list[Any]:
        found: list[Any] = person.ask("GET", f"/letters?message_id={message_id}")["letters"]
        return found

    until(lambda: len(letters()) == 1, SECONDS, "the letter")
    (way,) = person.ask("GET", f"/trace/{message_id}")["trace"]["deliveries"]
    assert (way["state"], way["reason"]) == ("dead_lettered", "http_400")
    told = person.ask("POST", f"{hook}/redrive", {"message_ids": [message_id]})["command"]
    assert told["result"] == {"redriven": 1}
    until(lambda: len(receiver.received("/hook")) == 2, SECONDS, "the redriven event")

    event = {"type": "track", "event": "Tested", "userId": "u"}
    (step,) = person.ask("POST", f"{hook}/test", {"event": event})["test"]["steps"]
    assert (step["sent"]["outcome"], step["sent"]["status"]) == ("delivered", 200)
    assert '"event":"Tested"' in (receiver.received("/hook")[-1].body or "")

    assert person.ask("POST", f"{hook}/pause", {})["command"]["result"] is not None
    (lane,) = person.ask("GET", "/lanes")["lanes"]
    assert lane["state"] == "paused"
    assert person.ask("POST", f"{hook}/resume", {})["command"]["result"] is not None
    counted = person.ask("POST", "/replays/count", {"connection": nodes["connection"]})
    assert counted["would_send"]["already_delivered"] == 1

    headgate.stop()
    view.close()
    assert view.is_over()
    assert view.told[-1] == ("end", {"reason": "stopped"})
