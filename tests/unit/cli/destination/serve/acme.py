"""A destination that has everything the test server has a route for."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.kit import (
    Action,
    AudienceMode,
    AudienceRequest,
    BatchResult,
    Choice,
    Choices,
    Destination,
    Discard,
    Fields,
    ForgottenUser,
    Http,
    OAuth2,
    Payload,
    Response,
    Search,
    Settings,
    SyncModes,
    field,
    path,
)

API = "https://api.test"


class Account(Settings):
    api_key: str = field("API key", secret=True, key="apiKey")
    region: str = field("Region", default="eu")


async def lists(http: Http, _: Account, search: Search) -> Choices:
    await http.get(f"{API}/lists")
    return Choices([Choice(f"{search.query}-{search.index}", "Found")], next_page="2")


class Contact(Payload):
    email: str = field("Email", format="email", mapping=path("$.traits.email"))
    name: str | None = field("Name", mapping=path("$.traits.name"))
    pin: str | None = field("PIN", secret=True)
    list_id: str | None = field("List", choices=lists)


class Wish(Fields):
    title: str = field("Title")
    group: str | None = field("Group", choices=lists)


class Made(Fields):
    list_id: str = field("List", key="listId")


def made(auth: OAuth2 | None = None, *, bare: bool = False) -> Destination[Account]:
    acme: Destination[Account] = Destination(
        "Acme",
        settings=Account,
        docs="https://example.com",
        auth=auth,
        headers=lambda account: {"X-Api-Key": account.api_key},
        audiences=None if bare else AudienceMode("synced"),
    )

    @acme.action(
        "Save contact",
        trigger='type = "identify"',
        sync_modes=SyncModes("How", {"upsert": "Upsert", "delete": "Delete"}, "upsert"),
    )
    async def save(http: Http, contact: Contact, _: Account) -> Response:
        """Save a contact."""
        if contact.name == "Nobody":
            raise ZeroDivisionError("nobody")
        if contact.name == "Unwanted":
            raise Discard("Acme wants no such contact.")
        body = {"email": contact.email, "pin": contact.pin}
        return await http.post(f"{API}/{contact.name}", json=body)

    if not bare:
        complete(acme, save)
    return acme


def complete(acme: Destination[Account], save: Action[Contact, Account]) -> None:
    """Declare the rest, which a bare one has not."""

    @save.batch(up_to=10)
    async def save_many(http: Http, contacts: Sequence[Contact], _: Account) -> BatchResult:
        return await http.post(f"{API}/batch", json=[each.email for each in contacts])

    @save.hook("onMappingSave", "Make a list")
    async def make_list(http: Http, wish: Wish, _: Account) -> Made:
        await http.post(f"{API}/lists", json={"title": wish.title})
        return Made(list_id="l-1")

    @acme.action("Ping")
    async def ping(http: Http, _: Payload, account: Account) -> Response:
        return await http.get(f"{API}/{account.region}")

    @acme.check
    async def check(http: Http, _: Account) -> Response:
        return await http.get(f"{API}/me")

    @acme.forget
    async def forget(http: Http, user: ForgottenUser, _: Account) -> Response:
        return await http.delete(f"{API}/people/{user.user_id}")

    @acme.create_audience
    async def create(http: Http, audience: AudienceRequest, *_: object) -> str:
        await http.post(f"{API}/audiences", json={"name": audience.name})
        return f"made-{audience.name}"

    @acme.get_audience
    async def get(_: Http, audience: AudienceRequest, *__: object) -> str:
        return f"found-{audience.external_id}"

    acme.preset("Contacts", save)
