from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from headgate.kit import (
    AudienceMode,
    Choices,
    Destination,
    Http,
    Limits,
    Listing,
    OAuth2,
    Payload,
    Response,
    Settings,
    SyncModes,
    Tokens,
    directive,
    field,
    is_,
    path,
    sync_mode_is,
)
from headgate.kit.findings import findings

DOCS = "https://acme.example/docs"


def acme(**options: Any) -> Destination[Any]:
    given = {
        "settings": Settings,
        "docs": DOCS,
        "description": "Keeps contacts.",
        "listing": Listing(categories=("CRM",)),
        **options,
    }
    return Destination(
        options.pop("name", "Acme"), **{k: v for k, v in given.items() if k != "name"}
    )


class Contact(Payload):
    email: str = field("Email", "Who it is.", mapping=path("$.traits.email"))


async def save(http: Http, contact: Contact, _: Settings) -> Response:
    """Save a contact."""
    return await http.post(DOCS, json=contact.email)


async def save_all(http: Http, contacts: Sequence[Contact], _: Settings) -> Response:
    return await http.post(DOCS, json=len(contacts))


def with_action(payload: type[Payload] = Contact, **options: Any) -> Destination[Any]:
    """A destination whose one action takes a payload."""
    destination = acme()

    async def perform(http: Http, payload, _: Settings) -> Response:  # type: ignore[no-untyped-def]  # noqa: ANN001 - annotated below
        """Save it."""
        return await http.post(DOCS, json=payload.model_dump())

    perform.__annotations__["payload"] = payload
    destination.action("Save", **{"trigger": 'type = "identify"', **options})(perform)
    return destination


def found(destination: Destination[Any]) -> list[str]:
    return [f"{finding.level} {finding}" for finding in findings(destination)]


def test_a_good_declaration_has_none() -> None:
    destination = acme()
    action = destination.action("Save", trigger='type = "identify"')(save)
    action.batch(up_to=10, keys=["email"])(save_all)
    destination.preset("Save people", action)
    assert found(destination) == []


@pytest.mark.parametrize(
    ("options", "finding"),
    [
        ({"name": " ", "slug": "x"}, "error name: is empty"),
        ({"slug": "Acme!"}, "error slug: 'Acme!' must be"),
        ({"docs": "see the web"}, "error docs: 'see the web' must be the address"),
        ({"description": ""}, "warning description: is empty"),
        ({"listing": Listing()}, "warning listing/categories: is empty"),
        ({"listing": Listing(categories=("Fun",))}, "error listing/categories: there is no Fun"),  # type: ignore[arg-type]
        ({"listing": Listing(website="acme")}, "error listing/website: 'acme' must be"),
        ({"listing": Listing(glyph=("Acme", "#ff0000"))}, "error listing/glyph: must be one"),
        ({"listing": Listing(glyph=("A", "red"))}, "error listing/glyph: must be one"),
        ({"timeout": 0.0}, "error timeout: 0.0 must be more"),
        ({"limits": Limits(slots=0)}, "error limits/slots: 0 must be 1 to 64"),
        ({"limits": Limits(slots=65)}, "error limits/slots: 65 must be 1 to 64"),
        ({"limits": Limits(rate=0.0)}, "error limits/rate: 0.0 must be more"),
        ({"limits": Limits(rate=float("inf"))}, "error limits/rate: inf must be more"),
        ({"audiences": AudienceMode("synced")}, "error audiences: need both"),
        (
            {"auth": OAuth2(authorize="http://acme.example/a", token="https://acme.example/t")},  # noqa: S106 - an address
            "error auth/authorize: 'http://acme.example/a' must begin with https://",
        ),
    ],
)
def test_what_is_wrong_with_a_destination_is_found(options: dict[str, Any], finding: str) -> None:
    assert any(line.startswith(finding) for line in found(acme(**options))), found(acme(**options))


def test_a_destination_that_can_do_nothing_is_found() -> None:
    assert "error actions: there is none: declare what the destination can do." in found(acme())


def test_tokens_are_not_renewed_for_nobody() -> None:
    destination = acme()

    @destination.refresh
    async def refresh(_http: Http, stale: Tokens, _client: Any) -> Tokens:
        return stale

    assert any(line.startswith("error refresh: ") for line in found(destination))


def setting(annotation: Any, *label: str, **options: Any) -> Callable[[], type[Settings]]:
    def declare() -> type[Settings]:
        name = options.pop("name", "size")
        said = field(*(label or ("Size", "How large.")), **options)
        return type("Account", (Settings,), {"__annotations__": {name: annotation}, name: said})

    return declare


@pytest.mark.parametrize(
    ("declare", "finding"),
    [
        (setting(int, default="5"), "error settings/size: the default '5' must be of type integer"),
        (setting(int, default=True), "error settings/size: the default True must be"),
        (setting(bool, default=1), "error settings/size: the default 1 must be of type boolean"),
        (
            setting(str, default="c", choices=["a", "b"]),
            "error settings/size: the default 'c' must be one of its choices",
        ),
        (setting(str, choices=["a", "a"]), "error settings/size: offers a choice twice"),
        (setting(str, "Size"), "error settings/size: does not say what it is for"),
        (setting(str, "", "How large."), "error settings/size: has no label"),
        (setting(list[str]), "error settings/size: a setting cannot be string"),
        (setting(dict[str, object]), "error settings/size: a setting cannot be object"),
        (setting(str, name="apiKey"), "warning settings/apiKey: sounds secret"),
        (setting(str, name="shared_secret"), "warning settings/shared_secret: sounds secret"),
        (
            setting(str, shown_if=is_("colour", "red")),
            "error settings/size: depends on colour, which is no field",
        ),
    ],
)
def test_what_is_wrong_with_a_setting_is_found(
    declare: Callable[[], type[Settings]], finding: str
) -> None:
    lines = found(acme(settings=declare()))
    assert any(line.startswith(finding) for line in lines), lines


@pytest.mark.parametrize("name", ["keyboard", "monkey", "decode", "tokenizer", "region"])
def test_words_that_only_contain_a_secret_one_are_let_be(name: str) -> None:
    lines = found(acme(settings=setting(str, name=name)()))
    assert [line for line in lines if "sounds secret" in line] == []


def test_oauth_takes_some_names_of_settings() -> None:
    auth = OAuth2(authorize="https://acme.example/a", token="https://acme.example/t")  # noqa: S106 - an address
    lines = found(acme(auth=auth, settings=setting(str, name="access-token", secret=True)()))
    assert any(line.startswith("error settings/access-token: OAuth gives this") for line in lines)


def payload(annotation: Any = str, **options: Any) -> type[Payload]:
    said = field("Size", "How large.", **options)
    return type("Parcel", (Payload,), {"__annotations__": {"size": annotation}, "size": said})


@pytest.mark.parametrize(
    ("destination", "finding"),
    [
        (with_action(trigger="type ="), "error actions/perform/trigger: "),
        (with_action(slug="to do"), "error actions/to do: the slug must be"),
        (
            with_action(payload(mapping=directive({"@nothing": "$.x"}))),
            "error actions/perform/fields/size: ",
        ),
        (
            with_action(payload(int, mapping="large")),
            "error actions/perform/fields/size: the default 'large' must be",
        ),
        (
            with_action(payload(shown_if=sync_mode_is("add"))),
            "error actions/perform/fields/size: is shown for the sync mode add",
        ),
        (
            with_action(sync_modes=SyncModes("What to do", {"add": "Add"}, "delete")),
            "error actions/perform/sync_modes: 'delete' is none of its choices",
        ),
    ],
)
def test_what_is_wrong_with_an_action_is_found(destination: Destination[Any], finding: str) -> None:
    assert any(line.startswith(finding) for line in found(destination)), found(destination)


def test_choices_that_cannot_be_asked_for_are_found() -> None:
    async def sizes(_http: Http) -> Choices:
        return Choices([])

    lines = found(with_action(payload(choices=sizes)))
    assert any(
        "fields/size: its choices cannot be asked for: sizes must take" in it for it in lines
    )


def test_batches_bring_their_own_fields() -> None:
    declared = {"__annotations__": {"batch_size": int}, "batch_size": field("Size", "How many.")}
    parcels: Any = type("Parcels", (Payload,), declared)
    destination = with_action(parcels)

    async def many(http: Http, payloads: Any, _: Settings) -> Response:
        return await http.post(DOCS, json=len(payloads))

    many.__annotations__["payloads"] = Sequence[parcels]
    destination.actions["perform"].batch(up_to=0)(many)
    lines = found(destination)
    assert "error actions/perform/fields/batch_size: comes with batch(…): leave it out." in lines
    assert "error actions/perform/batch: up_to and up_to_bytes must be 1 or more." in lines


@pytest.mark.parametrize("size", [0, 11])
def test_a_batch_is_no_larger_than_the_largest(size: int) -> None:
    destination = acme()
    destination.action("Save", trigger='type = "identify"')(save).batch(up_to=10, size=size)(
        save_all
    )
    assert found(destination) == [
        "error actions/save/batch: size must be from 1 to up_to, which is 10."
    ]


@pytest.mark.parametrize(
    ("options", "finding"),
    [
        ({"trigger": "type ="}, "error presets/Save people/trigger: "),
        ({"mapping": {"name": "Ada"}}, "error presets/Save people/mapping: name is no field"),
        ({"mapping": {"email": {"@nothing": 1}}}, "error presets/Save people/mapping/email: "),
    ],
)
def test_what_is_wrong_with_a_preset_is_found(options: dict[str, Any], finding: str) -> None:
    destination = acme()
    action = destination.action("Save", trigger='type = "identify"')(save)
    destination.preset("Save people", action, **options)
    assert any(line.startswith(finding) for line in found(destination)), found(destination)


def test_a_preset_names_an_action_that_exists_once() -> None:
    destination, other = acme(), acme()
    destination.action("Save", slug="keep")(save)
    action = other.action("Save", trigger="all")(save)
    destination.preset("Save people", action)
    destination.preset("Save people", action)
    lines = found(destination)
    message = "error presets/Save people: there is no action 'save'; there are: keep."
    assert message in lines
    assert "error presets/Save people: there are two of this name." in lines


def test_a_preset_that_leaves_work_to_do_is_worth_a_look() -> None:
    destination = with_action(payload())
    destination.preset("Save people", destination.actions["perform"])
    message = "warning presets/Save people/mapping: leaves out size, which perform requires."
    assert message in found(destination)
