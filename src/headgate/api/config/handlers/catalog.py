"""The catalogue: kinds of sources, and destinations, for the server and for pages in one entry."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, Final

from headgate.api.config.calls import operation
from headgate.api.config.models import (
    CatalogDestination,
    CatalogDestinations,
    CatalogSetting,
    CatalogSource,
    CatalogSources,
    Categories,
    Component,
    Logos,
    Methods,
    Platforms,
)
from headgate.api.config.names import CATALOG_DESTINATIONS, CATALOG_SOURCES
from headgate.api.config.settings import usual_type
from headgate.api.public.handlers.destination_catalog import metadata
from headgate.control.errors import Missing
from headgate.control.nouns import destinations
from headgate.control.source_kinds import SOURCE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headgate.api.config.calls import Call
    from headgate.control.nouns.destinations import Entry
    from headgate.control.source_kinds import SourceKind
    from headgate.control.work import Work

_ALL: Final = 1_000_000


@operation("GET /catalog/sources", CatalogSources)
def list_catalog_sources(work: Work, call: Call) -> CatalogSources:
    work.check_somewhere("read", "workspace")
    kinds = sorted(SOURCE_KINDS.values(), key=attrgetter("slug"))
    shown, token = call.page.of_all(kinds, attrgetter("slug"))
    return CatalogSources(sources=[_kind(each) for each in shown], next_page_token=token)


@operation("GET /catalog/sources/{kind}", CatalogSource)
def get_catalog_source(work: Work, call: Call) -> CatalogSource:
    work.check_somewhere("read", "workspace")
    kind = SOURCE_KINDS.get(call.path["kind"])
    if kind is None:
        raise Missing(f"there is no {CATALOG_SOURCES}/{call.path['kind']}")
    return _kind(kind)


@operation("GET /catalog/destinations", CatalogDestinations)
def list_catalog_destinations(work: Work, call: Call) -> CatalogDestinations:
    shown, token = call.page.of_all(sorted(_by_slug(work).items()), itemgetter(0))
    told = [_destination(entries) for _, entries in shown]
    return CatalogDestinations(destinations=told, next_page_token=token)


@operation("GET /catalog/destinations/{entry}", CatalogDestination)
def get_catalog_destination(work: Work, call: Call) -> CatalogDestination:
    entries = _by_slug(work).get(call.path["entry"])
    if entries is None:
        raise Missing(f"there is no {CATALOG_DESTINATIONS}/{call.path['entry']}")
    return _destination(entries)


def _kind(kind: SourceKind) -> CatalogSource:
    return CatalogSource(
        name=f"{CATALOG_SOURCES}/{kind.slug}",
        display_name=kind.name,
        description=kind.description,
        categories=[kind.category],
        logos=Logos(),
    )


def _by_slug(work: Work) -> dict[str, Sequence[Entry]]:
    """Those of one slug together, the one for the server first."""
    entries = sorted(destinations.listed(work, None, _ALL).entries, key=destinations.place)
    return {slug: tuple(each) for slug, each in groupby(entries, attrgetter("slug"))}


def _destination(entries: Sequence[Entry]) -> CatalogDestination:
    """What is told of all is that of the first; it can do what one of them can."""
    described: list[dict[str, Any]] = [metadata(each) for each in entries]
    first = described[0]
    modes = {each.mode for each in entries}
    platforms = _any(each["supportedPlatforms"] for each in described)
    is_unbundled = "cloud" in modes and platforms["browser"]
    return CatalogDestination(
        name=f"{CATALOG_DESTINATIONS}/{first['slug']}",
        id=first["id"],
        slug=first["slug"],
        display_name=first["name"],
        description=first["description"],
        website=first["website"],
        status=first["status"],
        previous_names=first["previousNames"],
        categories=_categories(first["categories"]),
        logos=Logos(logo=first["logos"]["default"]),
        components=[Component(type="CLOUD")] * ("cloud" in modes)
        + [Component(type="WEB")] * ("device" in modes),
        methods=_methods(_any(each["supportedMethods"] for each in described)),
        platforms=Platforms(**{name: platforms[name] for name in Platforms.__struct_fields__}),
        browserUnbundlingSupported=is_unbundled,
        browserUnbundlingPublic=is_unbundled,
        settings=_settings(entries),
    )


def _any(each_has: Iterable[Mapping[str, bool]]) -> dict[str, bool]:
    found: dict[str, bool] = {}
    for has in each_has:
        found |= {name: found.get(name, False) or value for name, value in has.items()}
    return found


def _categories(names: Sequence[str]) -> Categories:
    primary, secondary, *additional = (*names, *["", ""][len(names) :])
    return Categories(primary=primary, secondary=secondary, additional=additional)


def _methods(supported: Mapping[str, bool]) -> Methods:
    return Methods(
        alias=supported["alias"],
        group=supported["group"],
        identify=supported["identify"],
        page_view=supported["pageview"],
        track=supported["track"],
    )


def _settings(entries: Sequence[Entry]) -> list[CatalogSetting]:
    """Of all modes; where two have a setting of one name, it is that of the first."""
    forms: dict[str, Mapping[str, Any]] = {}
    for entry in reversed(entries):
        forms |= entry.settings()
    return [
        CatalogSetting(
            name=name,
            display_name=form.get("label", name),
            description=form.get("description", ""),
            type=usual_type(form).upper(),
            required=form.get("required") is True,
        )
        for name, form in forms.items()
    ]
