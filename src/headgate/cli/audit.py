"""Commands for the audit trail: what people did, and whether anybody touched it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from headgate.cli.failures import Failed
from headgate.cli.inspect import print_json
from headgate.cli.options import Data, Json
from headgate.cli.times import Since, Until, span
from headgate.cli.tokens import Workspace, looking

if TYPE_CHECKING:
    from headgate.control.nouns.audit_trail import End
    from headgate.store.records import AuditRecord

_END = re.compile(r"(\d{1,15}):([0-9a-f]*)")
app = typer.Typer(help="What people did in a workspace.", no_args_is_help=True)


@app.command("list")
def list_(
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 100,
    workspace: Workspace = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """The newest records of the audit trail, the newest first."""
    from headgate.control.nouns import audit_trail

    low, high = span(since, until)
    with looking(data, workspace) as work:
        found = audit_trail.listed(work, audit_trail.Search(low, high), None, limit)
    told = [_told(each) for each in found.records]
    if json:
        print_json(told)
        return
    for each in told:
        who = each["email"] or each["actor"]
        typer.echo(f"{each['at']}  {each['type']}  {who}  {each['resource_name']}")


@app.command()
def verify(
    known: Annotated[
        str | None,
        typer.Option("--known", help="What an earlier `verify` printed: NUMBER:HASH."),
    ] = None,
    workspace: Workspace = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Read the whole audit trail, and fail if a record was changed, removed or put in.

    That records are gone from the end shows only with `--known`: keep what this prints elsewhere.
    """
    from headgate.control.nouns import audit_trail

    kept = None if known is None else _end(known)
    with looking(data, workspace) as work:
        verdict = audit_trail.verified(work, kept)
    if verdict.broken_at is not None:
        told = f"somebody changed the audit trail: record {verdict.broken_at} does not follow"
        raise Failed(f"{told} from those before it; compare with a backup")
    if not verdict.has_known:
        told = f"somebody changed the audit trail: {known} was its end and is not in it"
        raise Failed(f"{told}; compare with a backup")
    if json:
        print_json({"records": verdict.end.number, "end": str(verdict.end)})
    else:
        typer.echo(f"{verdict.end.number} records, each follows from those before it.")
        typer.echo(str(verdict.end))


def _end(text: str) -> End:
    from headgate.control.nouns.audit_trail import End

    found = _END.fullmatch(text)
    if found is None:
        raise typer.BadParameter("--known is NUMBER:HASH, as `headgate audit verify` prints it")
    return End(int(found[1]), found[2])


def _told(record: AuditRecord) -> dict[str, Any]:
    from headgate.clock import iso

    return {
        "number": record.number,
        "at": iso(record.at),
        "type": record.type,
        "actor": record.actor,
        "email": record.email,
        "resource": record.resource,
        "resource_type": record.resource_type,
        "resource_name": record.resource_name,
        "what": list(record.what),
    }
