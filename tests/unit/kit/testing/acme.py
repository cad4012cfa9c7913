"""A destination that keeps every rule, as the files of a package, and how to break it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path

from headgate.kit import Destination
from headgate.kit.testing.released import names
from headgate.kit.testing.subject import Subject

CODE = '''
"""Acme: contacts, and what they do."""

from collections.abc import Sequence
from typing import Any

from headgate.kit import (
    BatchResult,
    Choices,
    Destination,
    Discard,
    Disconnect,
    ForgottenUser,
    Http,
    Listing,
    Payload,
    Response,
    Retry,
    Settings,
    field,
    path,
)

URL = "https://api.acme.example/v1"


class Account(Settings):
    api_key: str = field("API key", "From the settings of Acme.", secret=True, key="apiKey")


class Contact(Payload):
    email: str = field("Email", "Who it is.", mapping=path("$.traits.email"))
    name: str | None = field("Name", "How to call them.", mapping=path("$.traits.name"))


class Activity(Payload):
    event: str = field("Event", "What happened.", mapping=path("$.event"))
    user: str = field("User", "Who did it.", mapping=path("$.userId"))


acme = Destination(
    "Acme",
    settings=Account,
    docs="https://acme.example/docs",
    description="Keeps contacts.",
    listing=Listing(categories=("CRM",)),
    headers=lambda account: {"api-key": account.api_key},
)


@acme.check
async def check(http: Http, _: Account) -> Response:
    return await http.get(f"{URL}/account")


@acme.forget
async def forget(http: Http, user: ForgottenUser, _: Account) -> Response:
    return await http.delete(f"{URL}/contacts/{user.user_id}")


@acme.action("Save contact", slug="saveContact", trigger='type = "identify"')
async def save_contact(http: Http, contact: Contact, _: Account) -> Response:
    """Create a contact, or update it."""
    return await http.post(f"{URL}/contacts", json=contact.model_dump(exclude_none=True))


@acme.action("Track", slug="track", trigger='type = "track"')
async def track(http: Http, activity: Activity, _: Account) -> Response:
    """Note what a contact did."""
    return await http.post(f"{URL}/events", json=activity.model_dump())


@track.batch(up_to=100)
async def track_many(http: Http, activities: Sequence[Activity], _: Account) -> BatchResult:
    sent = [activity.model_dump() for activity in activities]
    response = await http.post(f"{URL}/events/batch", json={"events": sent})
    answer: Any = response.json()
    return [result(response, each) for each in answer["results"]]


def result(response: Response, each: Any) -> Response | Discard:
    return response if each["ok"] else Discard(each["code"], status=response.status)


acme.preset("Track everything", track)
'''

GUIDE = """# Acme

## What it does
Keeps contacts.
## Before you start
Get an account.
## Settings
`apiKey`
## Actions
`saveContact` and `track`.
## Differences from Segment's
None.
## Limits
100 events a batch.
"""

SAVE = """
settings: {apiKey: redacted}
event: {type: identify, userId: u-1, traits: {email: ada@example.com, name: Ada}}
exchanges:
  - request:
      method: POST
      url: https://api.acme.example/v1/contacts
      headers: {api-key: redacted}
      json: {email: ada@example.com, name: Ada}
    response: {status: 201, json: {id: 7}}
"""

TRACK = """
settings: {apiKey: redacted}
event: {type: track, event: Went, userId: u-1}
exchanges:
  - request:
      method: POST
      url: https://api.acme.example/v1/events
      json: {event: Went, user: u-1}
    response: {status: 202}
"""

BATCH = """
settings: {apiKey: redacted}
events:
  - {type: track, event: Went, userId: u-1}
  - {type: track, event: Came, userId: u-2}
exchanges:
  - request:
      method: POST
      url: https://api.acme.example/v1/events/batch
      json: {events: [{event: Went, user: u-1}, {event: Came, user: u-2}]}
    response: {status: 200, json: {results: [{ok: true}, {ok: true}]}}
"""

PARTIAL = BATCH.replace("[{ok: true}, {ok: true}]", "[{ok: true}, {ok: false, code: old}]") + (
    "results: [delivered, discard]\n"
)

CHECK = """
settings: {apiKey: redacted}
check: true
exchanges:
  - request: {method: GET, url: "https://api.acme.example/v1/account"}
    response: {status: 200}
"""

FORGET = """
settings: {apiKey: redacted}
forget: {userId: u-1}
exchanges:
  - request: {method: DELETE, url: "https://api.acme.example/v1/contacts/u-1"}
    response: {status: 204}
"""

FILES = {
    "__init__.py": CODE,
    "guide.md": GUIDE,
    "recordings/saveContact.yaml": SAVE,
    "recordings/saveContact-nameless.yaml": SAVE.replace(", name: Ada", ""),
    "recordings/track.yaml": TRACK,
    "recordings/track-again.yaml": TRACK.replace("Went", "Came"),
    "recordings/track-batch.yaml": BATCH,
    "recordings/track-partial.yaml": PARTIAL,
    "recordings/check.yaml": CHECK,
    "recordings/forget.yaml": FORGET,
}

Changes = Mapping[str, tuple[str, str] | str | None]
"""Files to change: a text and what replaces it, a whole file, or None for a file to leave out."""


def written(folder: Path, changes: Changes | None = None) -> Path:
    """Write the package, changed."""
    files: dict[str, str | None] = dict(FILES)
    for name, change in (changes or {}).items():
        if isinstance(change, tuple):
            before = files[name] or ""
            assert change[0] in before, f"{name} has no {change[0]!r}"
            files[name] = before.replace(*change)
        else:
            files[name] = change
    for name, text in files.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return folder


def imported(folder: Path) -> Destination[object]:  # type: ignore[type-var]
    spec = importlib.util.spec_from_file_location("acme", folder / "__init__.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    destination: Destination[object] = module.acme  # type: ignore[type-var]
    return destination


def subject(folder: Path, changes: Changes | None = None) -> Subject:
    """The package as a subject; released are the names that the unchanged one has."""
    original = imported(written(folder / "original"))
    released = json.loads(json.dumps(names(original)))
    package = written(folder / "acme", changes)
    return Subject(imported(package), package, released=released)
