"""The commands that read a declaration: `types`, `validate` and `docs`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headgate.cli.destination.options import References
from headgate.cli.failures import Failed
from headgate.cli.options import Json

if TYPE_CHECKING:
    from headgate.cli.destination.loading import Found


def types(
    references: References = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file to write, a module such as types.py.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Write again on every change, until Ctrl-C.")
    ] = False,
) -> None:
    """Write TypedDicts of settings and payloads, by their stored names, for type checkers."""
    from headgate.cli.destination.changes import changes
    from headgate.cli.destination.loading import chosen, find

    if watch and out is None:
        raise typer.BadParameter("--watch needs the file to write again: give --out FILE")
    found = chosen(references or ())
    _write_types(found, references or (), out)
    again = [each.again for each in found]
    for _ in changes([each.folder for each in found], besides=out) if watch else ():
        try:
            _write_types([find(reference) for reference in again], references or (), out)
        except Failed as error:
            typer.echo(f"headgate: {error}", err=True)


def validate(references: References = None, json: Json = False) -> None:
    """Find what is wrong with a declaration, without sending anything."""
    from headgate.cli.destination.loading import chosen
    from headgate.cli.inspect import print_json
    from headgate.kit.findings import findings

    found = {each.destination.slug: findings(each.destination) for each in chosen(references or ())}
    if json:
        rows = (
            {"destination": slug, "level": it.level, "place": it.place, "message": it.message}
            for slug, of in found.items()
            for it in of
        )
        print_json(list(rows))
    else:
        for slug, of in found.items():
            typer.echo("\n".join([f"{it.level:8} {slug}: {it}" for it in of] or [f"{slug}: fine"]))
    errors = sum(it.level == "error" for of in found.values() for it in of)
    if errors:
        raise Failed(f"{errors} error{'s' if errors > 1 else ''}, see above")


def docs(
    references: References = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder to write <slug>.md into.")
    ] = None,
) -> None:
    """Write the reference page of a destination: settings, actions, fields, presets, limits."""
    from headgate.cli.destination.loading import chosen
    from headgate.cli.destination.pages import page

    for found in chosen(references or ()):
        if out is None:
            sys.stdout.write(page(found.destination))
            continue
        out.mkdir(parents=True, exist_ok=True)
        file = out / f"{found.destination.slug}.md"
        file.write_text(page(found.destination), "utf-8")
        typer.echo(f"wrote {file}")


def _write_types(found: list[Found], references: list[str] | tuple[()], out: Path | None) -> None:
    from headgate.cli.destination.stubs import stubs

    text = stubs([each.destination for each in found], references)
    if out is None:
        sys.stdout.write(text)
        return
    if not out.exists() or out.read_text("utf-8") != text:
        out.write_text(text, "utf-8")
        typer.echo(f"wrote {out}")
