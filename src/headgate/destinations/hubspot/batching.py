"""Requests about many records at once, and what HubSpot answers of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.destinations.hubspot.account import LONG
from headgate.kit import Discard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headgate.kit import Http, Response

NOT_FOUND = "OBJECT_NOT_FOUND"


class Answer(NamedTuple):
    """`results` is None where the answer lists none."""

    response: Response
    results: list[dict[str, Any]] | None
    errors: list[dict[str, Any]]

    def found(self) -> list[dict[str, Any]]:
        return self.results or []

    def ids(self, name: str, values: Sequence[str]) -> dict[str, str]:
        """Give HubSpot's IDs of records by the value of a property that tells them, in any case.

        One value left over belongs to the one record left over, as HubSpot may have written it
        another way.
        """
        said = {
            str(properties_of(each).get(name)).lower(): str(each.get("id")) for each in self.found()
        }
        ids = {value: said.pop(value.lower()) for value in values if value.lower() in said}
        left = [value for value in values if value not in ids]
        if len(left) == len(said) == 1 and len(values) == len(self.found()):
            ids[left[0]] = said.popitem()[1]
        return ids

    def missing(self) -> set[str]:
        """The IDs that HubSpot says it does not have."""
        lost = (each for each in self.errors if each.get("category") == NOT_FOUND)
        return {one for each in lost for one in _ids(each)}

    def refused(self) -> dict[str, Discard]:
        """Why HubSpot refused records, by ID. Raises `Discard` where it names no record."""
        refusals: dict[str, Discard] = {}
        for error in self.errors:
            if error.get("category") == NOT_FOUND:
                continue
            why = f"HubSpot refused this record: {error.get('message') or error.get('category')}."
            named = [*_ids(error)]
            if not named:
                raise Discard(why, status=self.response.status, response=self.response)
            for one in named:
                refusals[one] = Discard(why, status=self.response.status, response=self.response)
        return refusals


async def ask(http: Http, address: str, body: dict[str, Any]) -> Answer:
    response = await http.post(address, json=body, max_body=LONG)
    said: Any = response.json()
    members = said if isinstance(said, dict) else {}
    results, errors = members.get("results"), members.get("errors")
    return Answer(
        response,
        [each for each in results if isinstance(each, dict)] if isinstance(results, list) else None,
        [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else [],
    )


def properties_of(result: dict[str, Any]) -> dict[str, Any]:
    """Give the properties of a record in an answer, {} where there are none."""
    properties = result.get("properties")
    return properties if isinstance(properties, dict) else {}


def _ids(error: dict[str, Any]) -> Iterator[str]:
    context = error.get("context")
    ids = context.get("ids") if isinstance(context, dict) else None
    yield from (str(one) for one in (ids if isinstance(ids, list) else ()))
