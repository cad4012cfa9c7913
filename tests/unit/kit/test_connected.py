"""Everything a destination can be asked, for one customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from headgate.kit import (
    AudienceMode,
    BatchResult,
    Choice,
    Choices,
    Client,
    Delivery,
    Destination,
    Discard,
    Disconnect,
    Fields,
    ForgottenUser,
    Http,
    OAuth2,
    Payload,
    Request,
    Response,
    Retry,
    Search,
    Settings,
    Tokens,
)
from headgate.kit import field as declared
from headgate.kit.connected import Connected, Item
from headgate.kit.oauth import Refresher
from tests.unit.kit.engine import Answers

API = "https://api.test"


class Account(Settings):
    key: str = declared("Key", secret=True)


async def found_lists(http: Http, account: Account, search: Search) -> Choices:
    response = await http.get(f"{API}/lists", params={"q": search.query})
    return Choices([Choice(response.text, account.key)])


class Person(Payload):
    email: str = declared("Email")
    list_id: str | None = declared("List", choices=found_lists)


class Asked(Fields):
    name: str = declared("Name")
    place: str | None = declared("Place", choices=found_lists)


class Kept(Fields):
    audience_id: str = declared("Id", key="audienceId")


def made(auth: OAuth2 | None = None) -> Destination[Account]:
    crm: Destination[Account] = Destination(
        "CRM",
        settings=Account,
        docs="https://example.com",
        auth=auth,
        headers=lambda account: {"X-Key": account.key},
        params=lambda _: {"v": "2"},
        timeout=3.0,
    )

    @crm.check
    async def check(http: Http, _: Account) -> Response:
        return await http.get(f"{API}/me")

    @crm.forget
    async def forget(http: Http, user: ForgottenUser, _: Account) -> Response:
        return await http.delete(f"{API}/people/{user.user_id}")

    @crm.action("Add", trigger='type = "identify"')
    async def add(http: Http, person: Person, _: Account, delivery: Delivery) -> Response:
        """Add a person."""
        return await http.post(
            f"{API}/people", json={"email": person.email, "is": delivery.membership}
        )

    @add.batch(up_to=2, keys=["list_id"])
    async def add_all(http: Http, people: Sequence[Person], _: Account) -> BatchResult:
        response = await http.post(f"{API}/people", json=[each.email for each in people])
        answer = response.json()
        if not isinstance(answer, list):
            return response
        return [response if each == 200 else refusal(each) for each in answer]

    @add.hook("onMappingSave", "Make an audience")
    async def make(http: Http, asked: Asked, _: Account) -> Kept:
        """Make the audience that people are added to."""
        response = await http.post(f"{API}/audiences", json={"name": asked.name})
        return Kept(audience_id=response.text)

    return crm


def refusal(status: object) -> Disconnect | Discard | None:
    if status == 401:
        return Disconnect("refused", status=401)
    return None if status is None else Discard("bad", status=400)


class Store:
    """Keeps tokens in memory, and counts how often they were replaced."""

    def __init__(self) -> None:
        self.tokens, self.replaced = Tokens("old", "refresh-1"), 0

    async def read(self) -> Tokens:
        return self.tokens

    async def replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        if self.tokens == stale:
            self.tokens, self.replaced = fresh, self.replaced + 1
        return self.tokens


@dataclass
class Rig:
    answers: Answers
    auth: OAuth2 | None = None
    store: Store = field(default_factory=Store)

    def __post_init__(self) -> None:
        self.destination = made(self.auth)
        client = Client("client-1", "client-secret")
        self.refresher = Refresher(self.destination, client, self.store) if self.auth else None
        self.connected = Connected(self.destination, Account(key="k-1"), self.refresher)
        self.add = self.destination.actions["add"]

    @property
    def http(self) -> Http:
        return Http(self.answers, idempotency_key="key-1")

    @property
    def requests(self) -> list[Request]:
        return self.answers.requests

    async def batch(self, *values: object) -> tuple[object, ...]:
        items = [Item(each, Delivery()) for each in values]
        return await self.connected.perform_batch(self.http, self.add, items)


def answers(*bodies: bytes | int) -> Answers:
    return Answers(
        *(Response(each) if isinstance(each, int) else Response(200, (), each) for each in bodies)
    )


OAUTH = OAuth2(authorize=f"{API}/authorize", token=f"{API}/token", scopes=("write",))


def header(request: Request, name: str) -> str | None:
    return dict(request.headers).get(name)


async def test_a_request_carries_what_the_settings_say_and_the_delivery_is_known() -> None:
    rig = Rig(answers(b""))
    delivery = Delivery(membership=True)
    await rig.connected.perform(rig.http, rig.add, {"email": "a@b.c"}, delivery)
    (request,) = rig.requests
    assert (request.url, request.timeout) == (f"{API}/people?v=2", 3.0)
    assert header(request, "X-Key") == "k-1"
    assert request.body == b'{"email":"a@b.c","is":true}'


async def test_a_payload_that_does_not_fit_never_goes_out() -> None:
    rig = Rig(answers(b""))
    with pytest.raises(Discard, match="missing the required field 'email'"):
        await rig.connected.perform(rig.http, rig.add, {}, Delivery())
    assert rig.requests == []


async def test_one_answer_is_the_result_of_every_item() -> None:
    rig = Rig(answers(b"{}"))
    results = await rig.batch({"email": "a"}, {"email": "b"})
    assert results == (Response(200, (), b"{}"),) * 2
    assert rig.requests[0].body == b'["a","b"]'


async def test_an_invalid_item_ends_alone_and_results_keep_their_places() -> None:
    rig = Rig(answers(b"[200,400]"))
    first, second, third = await rig.batch({"email": "a"}, {}, {"email": "c"})
    assert isinstance(first, Response)
    assert isinstance(second, Discard)
    assert "required" in str(second)
    assert (type(third), getattr(third, "status", None)) == (Discard, 400)
    assert rig.requests[0].body == b'["a","c"]'


async def test_a_batch_without_a_valid_item_sends_nothing() -> None:
    rig = Rig(answers(b""))
    results = await rig.batch({}, {})
    assert [type(each) for each in results] == [Discard, Discard]
    assert rig.requests == []


@pytest.mark.parametrize("body", [b"[200]", b"[200,null]"])
async def test_an_item_without_a_result_is_tried_again(body: bytes) -> None:
    rig = Rig(answers(body))
    _, second = await rig.batch({"email": "a"}, {"email": "b"})
    assert isinstance(second, Retry)


async def test_what_ends_a_whole_request_ends_every_item_that_was_in_it() -> None:
    rig = Rig(answers(503))
    first, second, third = await rig.batch({"email": "a"}, {}, {"email": "c"})
    assert (type(first), type(second), type(third)) == (Retry, Discard, Retry)


async def test_stale_tokens_are_renewed_once_and_the_call_is_made_again() -> None:
    rig = Rig(answers(401, b'{"access_token":"new","refresh_token":"refresh-2"}', b""), OAUTH)
    await rig.connected.perform(rig.http, rig.add, {"email": "a"}, Delivery())
    first, renewal, second = rig.requests
    assert header(first, "Authorization") == "Bearer old"
    assert renewal.body == (
        b"grant_type=refresh_token&refresh_token=refresh-1"
        b"&client_id=client-1&client_secret=client-secret"
    )
    assert header(renewal, "X-Key") is None
    assert header(second, "Authorization") == "Bearer new"
    assert rig.store.tokens == Tokens("new", "refresh-2")


async def test_a_second_refusal_is_final() -> None:
    rig = Rig(answers(401, b'{"access_token":"new"}', 401), OAUTH)
    with pytest.raises(Disconnect):
        await rig.connected.perform(rig.http, rig.add, {"email": "a"}, Delivery())
    assert len(rig.requests) == 3
    assert rig.store.tokens == Tokens("new", "refresh-1")


@pytest.mark.parametrize("answer", [400, 401, b"{}", b'{"access_token":""}'])
async def test_access_that_cannot_be_renewed_disconnects(answer: int | bytes) -> None:
    rig = Rig(answers(401, answer), OAUTH)
    with pytest.raises(Disconnect):
        await rig.connected.perform(rig.http, rig.add, {"email": "a"}, Delivery())
    assert len(rig.requests) == 2


async def test_a_renewal_that_may_work_later_is_no_disconnect() -> None:
    rig = Rig(answers(401, 503), OAUTH)
    with pytest.raises(Retry):
        await rig.connected.perform(rig.http, rig.add, {"email": "a"}, Delivery())


async def test_tokens_that_another_process_renewed_are_taken() -> None:
    rig = Rig(answers(401, b""), OAUTH)
    stale = await rig.store.read()
    rig.store.tokens = Tokens("theirs", "refresh-9")
    assert rig.refresher is not None
    assert await rig.refresher.fresh(stale, rig.http) == Tokens("theirs", "refresh-9")
    assert (rig.requests, rig.store.replaced) == ([], 0)


async def test_without_oauth_a_refusal_is_final() -> None:
    rig = Rig(answers(401))
    with pytest.raises(Disconnect):
        await rig.connected.perform(rig.http, rig.add, {"email": "a"}, Delivery())
    assert len(rig.requests) == 1


async def test_items_refused_with_401_renew_the_access_once() -> None:
    rig = Rig(answers(b"[401,200]", b'{"access_token":"new"}', b"[200,401]"), OAUTH)
    first, second = await rig.batch({"email": "a"}, {"email": "b"})
    assert isinstance(first, Response)
    assert isinstance(second, Disconnect)
    assert len(rig.requests) == 3


async def test_credentials_are_proved_and_people_forgotten() -> None:
    rig = Rig(answers(b""))
    await rig.connected.check(rig.http)
    response = await rig.connected.forget(rig.http, ForgottenUser("u-1"))
    assert response is not None
    assert [f"{r.method} {r.url}" for r in rig.requests] == [
        f"GET {API}/me?v=2",
        f"DELETE {API}/people/u-1?v=2",
    ]
    refused = Rig(answers(403))
    with pytest.raises(Disconnect):
        await refused.connected.check(refused.http)


async def test_choices_are_asked_of_the_destination() -> None:
    rig = Rig(answers(b"list-7"))
    choices = await rig.connected.choices(rig.http, rig.add, "list_id", Search(query="vip"))
    assert choices == Choices([Choice("list-7", "k-1")])
    assert rig.requests[0].url == f"{API}/lists?v=2&q=vip"
    with pytest.raises(LookupError, match="there are: list_id"):
        await rig.connected.choices(rig.http, rig.add, "email", Search())


async def test_a_hook_gives_what_is_kept_with_the_mapping() -> None:
    rig = Rig(answers(b"aud-1"))
    kept = await rig.connected.save_hook(rig.http, rig.add, "onMappingSave", {"name": "VIP"})
    assert kept == {"audienceId": "aud-1"}
    with pytest.raises(ValueError, match="'name'"):
        await rig.connected.save_hook(rig.http, rig.add, "onMappingSave", {})
    with pytest.raises(LookupError, match="no hook"):
        await rig.connected.save_hook(rig.http, rig.add, "retlOnMappingSave", {})


async def test_what_a_hook_asks_for_has_choices_of_its_own() -> None:
    rig = Rig(answers(b"list-7"))
    with pytest.raises(LookupError, match="no field 'list_id' with dynamic choices"):
        await rig.connected.choices(rig.http, rig.add, "list_id", Search(), hook="onMappingSave")
    with pytest.raises(LookupError, match="no hook"):
        await rig.connected.choices(rig.http, rig.add, "name", Search(), hook="retlOnMappingSave")
    choices = await rig.connected.choices(
        rig.http, rig.add, "place", Search(), hook="onMappingSave"
    )
    assert choices == Choices([Choice("list-7", "k-1")])


def test_what_was_declared_is_stored_with_the_batch_fields() -> None:
    fields = made().actions["add"].stored_fields()
    assert list(fields) == ["email", "list_id", "enable_batching", "batch_size", "batch_keys"]


def test_tokens_and_clients_show_no_secret() -> None:
    assert "old" not in repr(Tokens("old", "r"))
    assert "client-secret" not in repr(Client("client-1", "client-secret"))


def test_audiences_need_a_mode() -> None:
    async def create(*_: object) -> str:
        return "id"

    with pytest.raises(TypeError, match="audiences=AudienceMode"):
        made().create_audience(create)
    kept: Destination[Settings] = Destination(
        "Lists", settings=Settings, docs="", audiences=AudienceMode("synced", is_full=True)
    )
    kept.create_audience(create)
    assert kept.audiences is not None
    assert kept.audiences.create is create
    with pytest.raises(TypeError, match="already"):
        kept.create_audience(create)


def test_presets_begin_with_the_suggested_mapping() -> None:
    crm = made()
    preset = crm.preset("People", crm.actions["add"], mapping={"email": "x"})
    assert (preset.trigger, preset.mapping) == ('type = "identify"', {"email": "x"})
    entered = crm.preset(
        "Entered", crm.actions["add"], event_slug="warehouse_audience_entered_track"
    )
    assert (entered.trigger, entered.event_slug) == (None, "warehouse_audience_entered_track")


@pytest.mark.parametrize("keys", [["nope"], ["email", "list_id", "email", "list_id"]])
def test_batch_keys_are_few_and_name_fields(keys: list[str]) -> None:
    add = made().actions["add"]

    async def add_all(http: Http, people: Sequence[Person], _: Account) -> Response:
        return await http.post(API, json=len(people))

    with pytest.raises(TypeError, match="batch keys"):
        add.batch(keys=keys)(add_all)
