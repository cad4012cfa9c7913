"""How a URL is given to each entry point that sends, so that it would send to it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import msgspec

from headgate import catalog
from headgate.cli.destination import recording, trying
from headgate.cli.destination.customer import customer
from headgate.cli.destination.serve.child import _way_out
from headgate.cli.destination.serve.customer import Customers
from headgate.cli.destination.serve.routes import Routes
from headgate.clock import SystemClock
from headgate.control.importing_segment.api import PublicApi
from headgate.control.sending import Trying
from headgate.deliver.attempt import Attempts
from headgate.deliver.owed import Delivery
from headgate.deliver.prepared import Prepared, PreparedSubscription
from headgate.folder import DataFolder
from headgate.kit import (
    AudienceMode,
    AudienceRequest,
    Choices,
    Client,
    Destination,
    Fields,
    ForgottenUser,
    Http,
    OAuth2,
    Payload,
    Response,
    Search,
    Settings,
    Tokens,
    field,
)
from headgate.kit.connected import Connected, Item
from headgate.kit.delivery import delivery
from headgate.kit.oauth import Refresher
from headgate.kit.testing.recordings import MemoryTokens
from headgate.mapping import compile as compiled
from headgate.services.parts import open_transport
from headgate.services.testing import EventTester
from headgate.settings import load
from headgate.store.secrets import SecretBox
from headgate.store.snapshot import Subscription
from tests.simulation.setting import ready, snapshot
from tests.unit.deliver.lanes import JOINED, Ward, event

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.deliver.transport import HttpTransport, Resolver
    from headgate.mapping import Json

Driver = Callable[["Bench", str], Awaitable[object]]

_EVENT: dict[str, Any] = {"type": "track", "event": "Seen", "userId": "ann", "messageId": "m-1"}
_SAID = delivery(_EVENT, {}, has_sync_modes=False)


class Account(Settings):
    address: str = field("Address", "Where everything is sent to.")


async def found(http: Http, account: Account, search: Search) -> Choices:
    await http.get(account.address, params={"q": search.query} if search.query else {})
    return Choices([])


class Note(Payload):
    text: str | None = field("Text", mapping="hello", choices=found)


class Saved(Fields):
    id: str = field("Id")


anywhere: Destination[Account] = Destination(
    "Anywhere",
    settings=Account,
    docs="https://example.com",
    audiences=AudienceMode("realtime"),
)


@anywhere.action("Post")
async def post(http: Http, note: Note, account: Account) -> Response:
    """Post a note."""
    return await http.post(account.address, json={"text": note.text})


@post.batch(up_to=10)
async def post_all(http: Http, notes: Sequence[Note], account: Account) -> Response:
    return await http.post(account.address, json=[note.text for note in notes])


@post.hook("onMappingSave", "Save")
async def save(http: Http, asked: Saved, account: Account) -> Saved:
    """Save it."""
    await http.post(account.address, json={"id": asked.id})
    return asked


@anywhere.check
async def check(http: Http, account: Account) -> Response:
    return await http.get(account.address)


@anywhere.forget
async def forget(http: Http, user: ForgottenUser, account: Account) -> Response:
    return await http.delete(account.address, json={"id": user.user_id})


@anywhere.create_audience
async def create(http: Http, audience: AudienceRequest, account: Account, _: Settings) -> str:
    return (await http.post(account.address, json={"name": audience.name})).text


@anywhere.get_audience
async def get(http: Http, audience: AudienceRequest, account: Account, _: Settings) -> str:
    return (await http.put(account.address, json={"id": audience.external_id})).text


class Bench:
    """What one entry point has for itself: a name server, the product's transport, a folder."""

    def __init__(self, nameserver: str, folder: Path) -> None:
        self.nameserver, self.folder = nameserver, folder
        self._opened: tuple[HttpTransport, Resolver] | None = None
        self._routes: Routes | None = None
        self._testing: EventTester | None = None

    def enter(self) -> None:
        """Make the settings say where names are asked for, as an operator would."""
        os.environ["HEADGATE_NAMESERVERS"] = self.nameserver

    @property
    def transport(self) -> HttpTransport:
        self._opened = self._opened or open_transport(load())
        return self._opened[0]

    @property
    def http(self) -> Http:
        return Http(self.transport, idempotency_key="key")

    @property
    def testing(self) -> EventTester:
        if self._testing is None:
            folder = DataFolder(self.folder / "data").make()
            SecretBox.load(folder, {}, create=True)
            self._testing = EventTester(folder, load(), SystemClock())
        return self._testing

    @property
    def routes(self) -> Routes:
        self._routes = self._routes or Routes(Customers(anywhere, {}, _way_out, sends=True))
        return self._routes

    async def close(self) -> None:
        for each in self._opened or ():
            await each.close()
        if self._testing is not None:
            await self._testing.close()


class Asked(NamedTuple):
    """A destination with the URL in its settings, and a client for one request."""

    connected: Connected[Account]
    http: Http


def asked(bench: Bench, url: str) -> Asked:
    return Asked(Connected(anywhere, Account(address=url)), bench.http)


def prepared(url: str) -> Prepared:
    """A connection whose setting is the URL, with one subscription."""
    mapping: dict[str, Json] = {"text": "hello"}
    subscription = PreparedSubscription(
        "most", anywhere.actions["post"], compiled(mapping), mapping
    )
    return ready(JOINED)._replace(
        connected=Connected(anywhere, Account(address=url)), subscriptions={"most": subscription}
    )


async def attempt(bench: Bench, url: str) -> object:
    attempts = Attempts(bench.transport, SystemClock())
    return (await attempts(Delivery(Ward().lane, event(3), "most"), prepared(url))).outcome


async def batch(bench: Bench, url: str) -> object:
    attempts = Attempts(bench.transport, SystemClock())
    lane = Ward().lane
    deliveries = [Delivery(lane, event(position), "most") for position in (3, 4)]
    return [each.outcome for each in await attempts.batch(deliveries, prepared(url))]


async def perform(bench: Bench, url: str) -> object:
    connected, http = asked(bench, url)
    return await connected.perform(http, anywhere.actions["post"], {"text": "a"}, _SAID)


async def perform_batch(bench: Bench, url: str) -> object:
    connected, http = asked(bench, url)
    items = [Item({"text": text}, _SAID) for text in ("a", "b")]
    return await connected.perform_batch(http, anywhere.actions["post"], items)


async def choices(bench: Bench, url: str) -> object:
    connected, http = asked(bench, url)
    return await connected.choices(http, anywhere.actions["post"], "text", Search())


async def save_hook(bench: Bench, url: str) -> object:
    connected, http = asked(bench, url)
    action = anywhere.actions["post"]
    return await connected.save_hook(http, action, "onMappingSave", {"id": "1"})


async def renew(bench: Bench, url: str) -> object:
    auth = OAuth2(authorize="https://public.ssrf.test/authorize", token=url)
    destination = Destination("Renewing", settings=Settings, docs="https://example.com", auth=auth)
    tokens = Tokens("old", "refresh")
    refresher = Refresher(destination, Client("id", "secret"), MemoryTokens(tokens))
    return await refresher.fresh(tokens, bench.http)


def task(url: str) -> trying.Task:
    made = customer(anywhere, {"address": url}, {})
    return trying.task(anywhere, anywhere.actions["post"], [_EVENT], {"text": "hello"}, made)


async def serve(bench: Bench, url: str) -> object:
    body = {"payload": _EVENT, "mapping": {"text": "a"}, "settings": {"address": url}}
    return await bench.routes.answer("POST", "/-/try/post", msgspec.json.encode(body))


async def connected_forget(bench: Bench, url: str) -> object:
    connected, http = asked(bench, url)
    return await connected.forget(http, ForgottenUser("ann", ""))


async def connected_check(bench: Bench, url: str) -> object:
    connected, http = asked(bench, url)
    await connected.check(http)
    return "checked"


async def create_audience(bench: Bench, url: str) -> object:
    connected, http = asked(bench, url)
    return await connected.create_audience(http, AudienceRequest("buyers"), Settings())


async def get_audience(bench: Bench, url: str) -> object:
    connected, http = asked(bench, url)
    return await connected.get_audience(http, AudienceRequest("", "7"), Settings())


async def try_it(_: Bench, url: str) -> object:
    return await trying.tried(task(url), sends=True)


async def record_it(bench: Bench, url: str) -> object:
    return await recording.performed(task(url), bench.folder)


async def test_event(bench: Bench, url: str) -> object:
    """The catalogue has only a destination that leaves the URL to the guard."""
    post = Subscription(
        id="sub",
        name="Post",
        action="post",
        enabled=True,
        fql="strict",
        trigger='type = "track"',
        mapping={"text": "hello"},
    )
    connection = msgspec.structs.replace(
        ready(JOINED).connection, settings={"address": url}, subscriptions=(post,)
    )
    source = snapshot([JOINED]).sources[JOINED.source]
    with patch.object(catalog, "destination", lambda _: anywhere):
        return await bench.testing(Trying(connection, source, _EVENT))


async def ask_segment(bench: Bench, url: str) -> object:
    """What is asked is a path below the URL; one that has a path of its own is asked for itself."""
    api = PublicApi(bench.http, url, "token", sleep=at_once, say=lambda _: None)
    return await api.get("" if url.partition("://")[2].rstrip("/").count("/") else "/", {})


async def at_once(_: float) -> None:
    """Wait for nothing."""


DRIVERS: dict[str, Driver] = {
    "attempt.Attempts.__call__": attempt,
    "attempt.Attempts.batch": batch,
    "connected.Connected.perform": perform,
    "connected.Connected.perform_batch": perform_batch,
    "connected.Connected.check": connected_check,
    "connected.Connected.forget": connected_forget,
    "connected.Connected.choices": choices,
    "connected.Connected.save_hook": save_hook,
    "connected.Connected.create_audience": create_audience,
    "connected.Connected.get_audience": get_audience,
    "oauth.Refresher.fresh": renew,
    "trying.tried": try_it,
    "recording.performed": record_it,
    "routes.Routes.answer": serve,
    "testing.EventTester.__call__": test_event,
    "api.PublicApi.get": ask_segment,
}
"""By the name of the entry point."""
