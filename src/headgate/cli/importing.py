"""The command that makes a declaration of what a Segment workspace holds."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from headgate.cli.failures import Failed
from headgate.cli.options import Json

if TYPE_CHECKING:
    from headgate.control.importing_segment.known import Known
    from headgate.control.importing_segment.workspace import Workspace

app = typer.Typer(help="Make a declaration of what is configured elsewhere.", no_args_is_help=True)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_OWN_EYES_ONLY = 0o600
"""Mappings may hold what is secret, such as the address of an incoming webhook."""


@app.callback()
def importing() -> None:
    """Make a declaration of what is configured elsewhere."""


@app.command()
def segment(
    token_env: Annotated[
        str,
        typer.Option(
            "--token-env",
            help="The environment variable with a Public API token [default: SEGMENT_TOKEN].",
        ),
    ] = "SEGMENT_TOKEN",  # noqa: S107 - the name of a variable
    url: Annotated[
        str,
        typer.Option(
            "--url",
            help="Segment's Public API [default: https://api.segmentapis.com];"
            " https://eu1.api.segmentapis.com for a workspace in the EU.",
        ),
    ] = "https://api.segmentapis.com",
    output: Annotated[
        Path, typer.Option("--output", help="The file to write [default: segment.yaml].")
    ] = Path("segment.yaml"),
    as_json: Json = False,
) -> None:
    """Write a declaration file of a Segment workspace, and report what it could not carry over."""
    token = _token(token_env)
    if os.path.lexists(output):
        raise Failed(f"{output} is there already: name another file by --output, or move it away")
    if not output.parent.is_dir():
        raise Failed(f"{output.parent} is no folder: make it, or name another file by --output")
    from headgate.control.catalogue import installed as catalogue
    from headgate.control.importing_segment.imported import imported
    from headgate.control.importing_segment.known import installed
    from headgate.control.importing_segment.report import told

    known = installed()
    found = imported(asyncio.run(read(url, token, known)), known, catalogue())
    _write(output, found.text)
    report = found.report
    typer.echo(msgspec.json.encode(report) if as_json else told(report, str(output)), nl=as_json)


async def read(url: str, token: str, known: Known) -> Workspace:
    """Ask Segment, over the way out that everything takes."""
    from headgate.control.importing_segment.api import PublicApi
    from headgate.control.importing_segment.reader import read as read_workspace
    from headgate.kit import Http
    from headgate.services.parts import open_transport
    from headgate.settings import load

    transport, resolver = open_transport(load())
    try:
        http = Http(transport, idempotency_key=token_hex(16))
        api = PublicApi(http, url, token, sleep=asyncio.sleep, say=_say)
        return await read_workspace(api, known)
    finally:
        await transport.close()
        await resolver.close()


def _token(name: str) -> str:
    """What is given instead of a name may be the token, so that it is not repeated."""
    if not _VARIABLE.fullmatch(name):
        raise typer.BadParameter(
            "--token-env takes the name of an environment variable, such as SEGMENT_TOKEN, and"
            " never the token itself"
        )
    token = os.environ.get(name, "").strip()
    if not token:
        raise typer.BadParameter(f"the environment variable {name} is not set: put the token there")
    return token


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _write(file: Path, text: str) -> None:
    """The whole file or none; never over another one."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN_EYES_ONLY)
    except OSError as error:
        raise Failed(f"{file} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(text)
    except OSError as error:
        file.unlink()
        raise Failed(f"{file} cannot be written: {error.strerror}") from None
