from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest

from headgate import catalog
from headgate.cli.destination.loading import load
from headgate.cli.destination.pages import page
from headgate.kit import (
    AudienceMode,
    Choices,
    Destination,
    Fields,
    ForgottenUser,
    Http,
    Listing,
    OAuth2,
    Payload,
    Response,
    Settings,
    SyncModes,
    all_of,
    field,
    is_,
    is_empty,
    path,
    sync_mode_is,
)

OAUTH = OAuth2(authorize="https://example.com/a", token="https://example.com/t")  # noqa: S106


class Item(Fields):
    sku: str = field("SKU", "What | which.")


async def lists(http: Http, _: Settings) -> Choices:
    await http.get("https://example.com/lists")
    return Choices([])


class Entry(Payload):
    email: str | None = field(
        "Email",
        "Who.",
        format="email",
        mapping=path("$.traits.email") | path("$.email"),
        required_if=all_of(is_("kind", "new"), is_empty("items")),
    )
    kind: Literal["new", "old"] = field("Kind", "Which.", default="new")
    items: list[Item] | None = field("Items", "What.", shown_if=sync_mode_is("add"))
    list_id: str | None = field("List", "Where.", choices=lists)
    code: str | None = field("Code", "How.", choices=[f"c{number}" for number in range(20)])


full = Destination(
    "Full",
    settings=Settings,
    docs="https://example.com/docs",
    description="Everything at once.",
    listing=Listing(categories=("CRM",), website="https://example.com", calls=("identify",)),
    auth=OAUTH,
    audiences=AudienceMode("synced", is_full=True),
)


@full.forget
async def forget(http: Http, user: ForgottenUser, _: Settings) -> Response:
    return await http.delete(f"https://example.com/{user.user_id}")


@full.action(
    "Add entry",
    trigger='type = "identify"',
    slug="addEntry",
    sync_modes=SyncModes("How", {"add": "Add", "delete": "Remove"}, "add"),
    hidden=True,
)
async def add(http: Http, entry: Entry, _: Settings) -> Response:
    """Add an entry."""
    return await http.post("https://example.com", json=entry.email)


@add.batch(up_to=20, keys=["kind"], is_default=True)
async def add_all(http: Http, entries: Sequence[Entry], _: Settings) -> Response:
    return await http.post("https://example.com", json=[entry.email for entry in entries])


@add.hook("onMappingSave", "Make a list")
async def make(http: Http, item: Item, _: Settings) -> Item:
    await http.post("https://example.com", json=item.sku)
    return item


full.preset("Everybody", add)


@pytest.mark.parametrize(
    "line",
    [
        "# Full",
        "Everything at once.",
        "| access | OAuth 2 |",
        "| people can be deleted | yes |",
        "| credentials are checked | no |",
        "| categories | CRM |",
        'Suggested trigger: `type = "identify"`',
        "It is not offered for new subscriptions.",
        (
            "| `email` | text (email) | if `kind` is `new` and `items` is empty |"
            " `path('$.traits.email') \\| path('$.email')` | Email. Who. |"
        ),
        "| `kind` | `new`, `old` |  | `'new'` | Kind. Which. |",
        "| `items` | list of object |  |  | Items. What. |",
        "| `list_id` | text, with suggestions |  |  | List. Where. |",
        (
            "| `code` | one of 20: `c0`, `c1`, `c2`, `c3`, `c4`, `c5`, `c6`, `c7`, `c8`, `c9`,"
            " `c10`, `c11`, … |  |  | Code. How. |"
        ),
        "| `items[].sku` | text | yes |  | SKU. What \\| which. |",
        (
            "Batches: at most 20 events and 4,000,000 bytes in one request; on unless told"
            " otherwise. Only events with the same `kind` come together."
        ),
        "How: `add` (Add), `delete` (Remove); `add` unless told otherwise.",
        "When a mapping is saved (`onMappingSave`): Make a list.",
        (
            "Audiences are brought up to date in runs, each with everyone; they are made at the"
            " destination."
        ),
        '| Everybody | `addEntry` | `type = "identify"` |',
    ],
)
def test_the_page_says_what_is_declared(line: str) -> None:
    assert line in page(full).splitlines()


@pytest.mark.parametrize("slug", catalog.slugs())
def test_the_page_of_every_destination_names_all_that_it_stores(slug: str) -> None:
    destination = load(slug)
    text = page(destination)
    actions = destination.actions.values()
    names = [
        *destination.settings.stored_fields(),
        *(key for action in actions for key in (action.slug, *action.payload.stored_fields())),
    ]
    assert [name for name in names if f"`{name}`" not in text] == []
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)
