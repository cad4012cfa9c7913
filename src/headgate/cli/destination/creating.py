"""The commands that write a destination: `init` and `action`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headgate.cli.destination.options import Where

if TYPE_CHECKING:
    from headgate.cli.destination.scaffold import Plan, Template

_NEXT = """\

Next, in {folder}:
  headgate destination validate
  headgate destination try {action} --event sample
  pip install -e '.[test]' && pytest
"""
_NEXT_BROWSER = """\

Next, in {folder}:
  npm ci && npm run build
  pip install -e '.[test]' && pytest
"""
_NEXT_INSIDE = """\

Next:
  headgate destination try {action} --event sample --destination {folder}
"""


def init(
    name: Annotated[str | None, typer.Argument(help="What people call it.")] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template", help="custom, basic, oauth2, minimal or browser [default: custom]."
        ),
    ] = None,
    directory: Annotated[
        Path,
        typer.Option(
            "--directory",
            help="Where its folder is made; in a package of destinations it becomes part of that.",
        ),
    ] = Path(),
    slug: Annotated[
        str | None, typer.Option("--slug", help="Its stored name [default: made of the name].")
    ] = None,
) -> None:
    """Start a destination that works and is tested; asks in a terminal what is not said."""
    from headgate.cli.destination.scaffold import plan, write

    planned = plan(*_answers(name, template, slug), directory)
    for path in write(planned):
        typer.echo(f"wrote {path}")
    _say_next(planned)


def action(
    name: Annotated[str, typer.Argument(help="Its slug, such as track_event or trackEvent.")],
    title: Annotated[
        str | None, typer.Option("--title", help="What people call it [default: of the name].")
    ] = None,
    destination: Where = ".",
) -> None:
    """Add an action to a destination: at the end of its module, with a recording."""
    from headgate.cli.destination.addition import add

    added = add(destination, name, title)
    typer.echo(f"added {added.function} to {added.file}")
    for path in added.recordings:
        typer.echo(f"wrote {path}")
    if added.imported:
        names = ", ".join(added.imported)
        typer.echo(f"The new lines import {names}: move that to the head of the file.")


def _answers(name: str | None, template: str | None, slug: str | None) -> tuple[str, str, Template]:
    """Complete what was said by asking a person; without one, by what is usual."""
    from headgate.cli.destination.scaffold import TEMPLATES, fault_of, slug_of

    asks = sys.stdin.isatty()
    if name is None and not asks:
        raise typer.BadParameter("give the NAME of the destination")
    named = name or typer.prompt("Name, as people call it")
    if template is None and asks:
        for known, what in TEMPLATES.items():
            typer.echo(f"  {known:8} {what}")
        template = typer.prompt("Template", default="custom")
    if slug is None and asks and name is None:
        slug = typer.prompt("Slug, its stored name", default=slug_of(named))
    slug = slug or slug_of(named)
    chosen = next((known for known in TEMPLATES if known == (template or "custom")), None)
    if chosen is None:
        raise typer.BadParameter(f"there is no template {template!r}: use {', '.join(TEMPLATES)}")
    if fault := fault_of(slug, chosen):
        raise typer.BadParameter(fault)
    return named, slug, chosen


def _say_next(plan: Plan) -> None:
    said = _NEXT_INSIDE if plan.is_inside else _NEXT
    said = _NEXT_BROWSER if plan.template == "browser" else said
    typer.echo(said.format(folder=plan.folder, action=plan.action))
