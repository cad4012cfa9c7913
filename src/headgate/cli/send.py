"""The command that sends a test event to a running Headgate."""

from __future__ import annotations

import base64
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from headgate.cli.failures import Failed
from headgate.cli.options import Data
from headgate.events.calls import CALLS
from headgate.events.samples import sample
from headgate.settings import load

SECONDS = 10


def send(
    call: Annotated[str, typer.Argument(metavar="TYPE", help="|".join(CALLS))],
    key: Annotated[str | None, typer.Option("--key", help="The write key of a source.")] = None,
    event: Annotated[
        Path | None, typer.Option("--event", help="A JSON file instead of the sample.")
    ] = None,
    user: Annotated[str | None, typer.Option("--user", help="The userId.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The event of a track call.")] = None,
    message_id: Annotated[str | None, typer.Option("--message-id", help="The messageId.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="URL of a collection API.")] = None,
    data: Data = None,
) -> None:
    """Send one event, a realistic sample unless told otherwise."""
    if call not in CALLS:
        raise typer.BadParameter(f"{call!r} is none of {', '.join(CALLS)}")
    body = _event(call, event)
    given = {"userId": user, "event": name, "messageId": message_id}
    body |= {field: value for field, value in given.items() if value is not None}
    url, write_key = to, key
    if url is None or write_key is None:
        found_url, found_key = _here(data)
        url, write_key = url or found_url, write_key or found_key
    typer.echo(_post(f"{url}/v1/{call}", write_key, body))


def _event(call: str, file: Path | None) -> dict[str, Any]:
    if file is None:
        return sample(call)
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise Failed(f"{file} holds no event: {error}") from None


def _here(data: Path | None) -> tuple[str, str]:
    """The collection API and a write key of the system on this data folder."""
    from headgate.services.parts import existing_folder
    from headgate.services.supervisor import running
    from headgate.store.snapshot import SnapshotReader

    folder = existing_folder(load(data=data))
    now = running(folder)
    if now is None:
        raise Failed("nothing runs on this data folder: give --to and --key, or `headgate up`")
    snapshot = SnapshotReader(folder.snapshots).refresh()
    keys = (
        [key for source in snapshot.sources.values() for key in source.write_keys]
        if snapshot
        else []
    )
    if not keys:
        raise Failed("no source is configured: apply a declaration first, or give --key")
    return now.collect, keys[0]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for the answer: the write key goes where it was meant to, and no further."""

    def redirect_request(self, *_: object) -> None:
        return None


_straight = urllib.request.build_opener(_NoRedirects)


def _post(url: str, key: str, body: dict[str, Any]) -> str:
    request = urllib.request.Request(  # noqa: S310 - the user says where
        url,
        msgspec.json.encode(body),
        {
            "Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
            "Content-Type": "application/json",
        },
    )
    try:
        with _straight.open(request, timeout=SECONDS) as answer:
            text: str = answer.read().decode()
            return text
    except urllib.error.HTTPError as error:
        raise Failed(f"{url} answered {error.code}: {error.read().decode()}") from None
    except OSError as error:
        raise Failed(f"{url} cannot be reached: {error}") from None
