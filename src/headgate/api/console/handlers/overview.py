"""The workspace at a glance: what flows where, and what is called how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from headgate.api.console.calls import operation
from headgate.api.console.checking import Parameters
from headgate.control.nouns import graph, search
from headgate.control.nouns.graph import Graph
from headgate.control.nouns.search import Hit

if TYPE_CHECKING:
    from headgate.api.console.calls import Asked
    from headgate.control.work import Work


class OfSearch(Parameters):
    q: Annotated[str, Field(min_length=1, max_length=200)]


@operation("GET", "/overview", {"graph": Graph})
def get_overview(work: Work, asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - asks nothing
    """Sources, connections and warehouses, with what went between them in the last 24 hours."""
    return {"graph": graph.graph(work)}


@operation("GET", "/search", {"hits": list[Hit]}, query=OfSearch)
def search_workspace(work: Work, asked: Asked) -> dict[str, Any]:
    """Whatever has this text in its name, its slug or its id, as far as it may be seen."""
    return {"hits": search.found(work, asked.query.q)}
