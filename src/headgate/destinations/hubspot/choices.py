"""What forms suggest: events, types of records, properties and labels, asked of HubSpot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.destinations.hubspot.account import LONG, Account, address
from headgate.kit import Choice, Choices, Http, Search

if TYPE_CHECKING:
    from collections.abc import Iterator

_STANDARD = {
    "contact": "Contacts",
    "company": "Companies",
    "deal": "Deals",
    "ticket": "Tickets",
}
_TELLING = frozenset({"email", "domain", "hs_object_id"})
"""Properties that are unique though HubSpot does not say so."""


async def behavioral_events(http: Http, _: Account) -> Choices:
    """The events that are defined in the account, by their internal names."""
    found = await _listed(http, address("events", "v3", "event-definitions"))
    return Choices([Choice(it["fullyQualifiedName"], str(it.get("name"))) for it in found])


async def event_names(http: Http, _: Account) -> Choices:
    """The same events, by their short names."""
    found = await _listed(http, address("events", "v3", "event-definitions"))
    return Choices(
        [
            Choice(it["name"], str(it.get("labels", {}).get("singular") or it["name"]))
            for it in found
        ]
    )


async def object_types(http: Http, _: Account) -> Choices:
    """The types of records: those that every account has, and those of its own."""
    found = await _listed(http, address("crm", "v3", "schemas"), archived="false")
    own = {it["fullyQualifiedName"]: _plural(it) for it in found if it.get("fullyQualifiedName")}
    return Choices([Choice(value, label) for value, label in (_STANDARD | own).items()])


async def association_labels(http: Http, _: Account, search: Search) -> Choices:
    """The labels between two types that are chosen already; none before."""
    source, target = search.payload.get("objectType"), search.payload.get("toObjectType")
    if not (isinstance(source, str) and isinstance(target, str)):
        return Choices(())
    found = await _listed(http, address("crm", "v4", "associations", source, target, "labels"))
    return Choices([*_labels(found)])


async def identifiers(http: Http, _: Account, search: Search) -> Choices:
    """The properties that tell records of the chosen type, as no two have the same value."""
    found = await _of_type(http, search)
    unique = [it for it in found if it.get("hasUniqueValue") is True or it.get("name") in _TELLING]
    return _named(unique)


async def property_groups(http: Http, _: Account, search: Search) -> Choices:
    """The groups that properties of the chosen type are in."""
    return _named(await _of_type(http, search, "groups"))


async def property_names(http: Http, _: Account, search: Search) -> Choices:
    """The properties of the chosen type."""
    return _named(await _of_type(http, search))


async def sensitive_names(http: Http, _: Account, search: Search) -> Choices:
    """The properties of the chosen type that are sensitive data."""
    return _named(await _of_type(http, search, dataSensitivity="sensitive"))


async def event_property_names(http: Http, _: Account, search: Search) -> Choices:
    """The properties of the chosen event."""
    chosen = search.payload.get("event_name")
    if not isinstance(chosen, str) or not chosen:
        return Choices(())
    url = address("events", "v3", "event-definitions", chosen)
    answer: Any = (
        await http.get(f"{url}/", params={"includeProperties": "true"}, max_body=LONG)
    ).json()
    found = answer.get("properties") if isinstance(answer, dict) else None
    return _named(found if isinstance(found, list) else [])


def _named(found: list[dict[str, Any]]) -> Choices:
    return Choices([Choice(it["name"], str(it.get("label") or it["name"])) for it in found])


async def _of_type(http: Http, search: Search, *steps: str, **params: str) -> list[dict[str, Any]]:
    details = search.payload.get("object_details")
    chosen = details.get("object_type") if isinstance(details, dict) else None
    if not isinstance(chosen, str) or not chosen:
        return []
    return await _listed(http, address("crm", "v3", "properties", chosen, *steps), **params)


def _labels(found: list[dict[str, Any]]) -> Iterator[Choice]:
    for it in found:
        value = f"{it.get('category')}:{it.get('typeId')}"
        yield Choice(value, str(it.get("label") or f"Unlabeled (type {it.get('typeId')})"))


def _plural(schema: dict[str, Any]) -> str:
    labels = schema.get("labels")
    return str((labels if isinstance(labels, dict) else {}).get("plural") or schema["name"])


async def _listed(http: Http, url: str, **params: str) -> list[dict[str, Any]]:
    answer: Any = (await http.get(url, params=params, max_body=LONG)).json()
    results = answer.get("results") if isinstance(answer, dict) else None
    return [each for each in results if isinstance(each, dict)] if isinstance(results, list) else []
