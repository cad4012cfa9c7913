from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from headgate.kit import Action, Destination, Http, Payload, Settings, field, path

if TYPE_CHECKING:
    from headgate.kit import Response


class Account(Settings):
    api_key: str = field("API key", secret=True)


class Contact(Payload):
    email: str = field("Email", mapping=path("$.traits.email"))


def brevo() -> Destination[Account]:
    return Destination(
        "Brevo Plus",
        settings=Account,
        docs="https://example.com/docs",
        headers=lambda account: {"api-key": account.api_key},
    )


async def upsert_contact(http: Http, contact: Contact, _: Account) -> Response:
    """Create a contact.

    Or update the one with the same email.
    """
    return await http.post("https://example.com/contacts", json={"email": contact.email})


def test_a_function_becomes_an_action() -> None:
    destination = brevo()
    action = destination.action("Create or update contact", trigger='type = "identify"')(
        upsert_contact
    )
    assert isinstance(action, Action)
    assert destination.actions == {"upsert_contact": action}
    assert action.slug == "upsert_contact"
    assert action.title == "Create or update contact"
    assert action.description == "Create a contact.\n\nOr update the one with the same email."
    assert action.trigger == 'type = "identify"'
    assert action.payload is Contact
    assert action.perform is upsert_contact


def test_the_stored_name_of_an_action_may_differ_from_the_functions() -> None:
    destination = brevo()
    action = destination.action("Upsert", slug="upsertContact")(upsert_contact)
    assert destination.actions == {"upsertContact": action}
    assert action.trigger is None


def test_two_actions_cannot_share_a_name() -> None:
    destination = brevo()
    destination.action("One")(upsert_contact)
    with pytest.raises(TypeError, match="two actions called upsert_contact"):
        destination.action("Two")(upsert_contact)


def test_the_slug_comes_from_the_name_unless_it_is_given() -> None:
    assert brevo().slug == "brevo_plus"
    assert Destination("X", settings=Settings, docs="", slug="actions_x").slug == "actions_x"


def test_headers_come_from_the_settings() -> None:
    assert brevo().headers(Account(api_key="k")) == {"api-key": "k"}
    assert Destination("X", settings=Settings, docs="").headers(Settings()) == {}


def test_the_check_is_remembered() -> None:
    destination = brevo()
    assert destination.check_credentials is None

    @destination.check
    async def check(http: Http, _: Account) -> Response:
        return await http.get("https://example.com/account")

    assert destination.check_credentials is check


def test_a_function_that_is_not_async_is_refused() -> None:
    def post(http: Http, contact: Contact, _: Account) -> Any:
        return http.post(contact.email)

    with pytest.raises(TypeError, match="must be an `async def`"):
        brevo().action("Post")(post)
    with pytest.raises(TypeError, match="must be an `async def`"):
        brevo().check(lambda http, _: http.get(""))


async def without_payload(http: Http, _: Account) -> Response:
    return await http.get("")


async def with_a_dict(http: Http, values: dict[str, object], _: Account) -> Response:
    return await http.get("", json=values)


async def unannotated(http: Http, values, _: Account) -> Response:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the point of the test
    return await http.get("", json=values)


@pytest.mark.parametrize("function", [without_payload, with_a_dict, unannotated])
def test_an_action_must_say_its_payload(function: Any) -> None:
    with pytest.raises(TypeError, match="must take"):
        brevo().action("Broken")(function)


class Company(Payload):
    name: str = field("Name")


P = TypeVar("P", bound=Payload)


def test_one_function_may_be_many_actions() -> None:
    destination = brevo()

    async def upsert(http: Http, payload: P, _: Account) -> Response:
        return await http.post("https://example.com", json=payload.model_dump())

    for kind, said in ((Contact, "Create a contact."), (Company, "Create a company.")):
        destination.action(kind.__name__, slug=kind.__name__, payload=kind, description=said)(
            upsert
        )
    contact, company = destination.actions.values()
    assert (contact.payload, contact.description) == (Contact, "Create a contact.")
    assert (company.payload, company.description) == (Company, "Create a company.")


async def upsert_all(http: Http, payloads: Sequence[P], _: Account) -> Response:
    return await http.post("https://example.com", json=[each.model_dump() for each in payloads])


async def upsert_companies(http: Http, payloads: Sequence[Company], _: Account) -> Response:
    return await http.post("https://example.com", json=[each.name for each in payloads])


def test_one_function_may_take_the_batches_of_many_actions() -> None:
    action = brevo().action("Create or update contact")(upsert_contact)
    action.batch()(upsert_all)
    assert action.batched is not None
    assert action.batched.perform is upsert_all


@pytest.mark.parametrize(("given", "size"), [(None, 50), (10, 10)])
def test_a_batch_has_a_usual_size_and_a_largest_one(given: int | None, size: int) -> None:
    action = brevo().action("Create or update contact")(upsert_contact)
    action.batch(up_to=50, size=given)(upsert_all)
    fields: dict[str, Any] = action.stored_fields()
    assert action.batched is not None
    assert (action.batched.up_to, fields["batch_size"]["default"]) == (50, size)


def test_batches_of_another_payload_are_refused() -> None:
    action: Action[Any, Account] = brevo().action("Create or update contact")(upsert_contact)
    with pytest.raises(TypeError, match="must take a Sequence of"):
        action.batch()(upsert_companies)
