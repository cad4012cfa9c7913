"""Contacts by the hundred: looked up by e-mail address, then created or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.destinations.hubspot.account import objects
from headgate.destinations.hubspot.batching import Answer, ask, properties_of
from headgate.kit import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.destinations.hubspot.values import Properties
    from headgate.kit import Http, ItemResult

    Results = dict[str, ItemResult]
    """By e-mail address; what is not there was not mentioned."""

_STAGE = "lifecyclestage"
_OTHERS = "hs_additional_emails"


async def upsert(http: Http, contacts: Mapping[str, Properties]) -> Results:
    """Create and change contacts, given by e-mail address in lower case."""
    answer = await ask(
        http,
        objects("contacts", "batch", "read"),
        {
            "properties": ["email", _STAGE, _OTHERS],
            "idProperty": "email",
            "inputs": [{"id": email} for email in contacts],
        },
    )
    refused = answer.refused()
    if unknown := [error for email, error in refused.items() if email not in contacts]:
        raise unknown[0]
    results: Results = {**refused}
    missing = answer.missing()
    created = {email: said for email, said in contacts.items() if email in missing}
    if created:
        results |= await _create(http, created)
    known = dict(_known(answer, contacts))
    if known:
        results |= await _change(http, known, contacts)
    return results


def _known(answer: Answer, contacts: Mapping[str, Properties]) -> Iterator[tuple[str, str]]:
    """Give e-mail addresses of ours and the IDs of the contacts that have them."""
    for result in answer.found():
        said = properties_of(result)
        others = str(said.get(_OTHERS) or "").split(";")
        for email in (said.get("email"), *others):
            if isinstance(email, str) and email.lower() in contacts:
                yield email.lower(), str(result.get("id"))


async def _create(http: Http, contacts: Mapping[str, Properties]) -> Results:
    inputs = [{"properties": said} for said in contacts.values()]
    try:
        answer = await ask(http, objects("contacts", "batch", "create"), {"inputs": inputs})
        refused = answer.refused()
    except DeliveryError as error:
        return dict.fromkeys(contacts, error)
    if answer.results is None:
        return dict.fromkeys(contacts, answer.response)
    created = (properties_of(each).get("email") for each in answer.found())
    there = {str(email).lower() for email in created}
    done = {email: answer.response for email in contacts if email in there}
    return {**done, **{email: refused[email] for email in contacts if email in refused}}


async def _change(
    http: Http, known: Mapping[str, str], contacts: Mapping[str, Properties]
) -> Results:
    """Change contacts whose IDs are known by e-mail address; two addresses may be of one."""
    wanted: dict[str, Properties] = {}
    for email, contact in known.items():
        said = {name: value for name, value in contacts[email].items() if name != "email"}
        wanted[contact] = wanted.get(contact, {}) | said
    try:
        answer = await _send(http, wanted)
        refused = answer.refused()
        await _move_back(http, answer, wanted)
    except DeliveryError as error:
        return dict.fromkeys(known, error)
    if answer.results is None:
        return dict.fromkeys(known, answer.response)
    done: dict[str, Any] = {str(each.get("id")): answer.response for each in answer.found()}
    ends = {**done, **refused}
    return {email: ends[contact] for email, contact in known.items() if contact in ends}


async def _move_back(http: Http, answer: Answer, wanted: Mapping[str, Properties]) -> None:
    """Set stages that HubSpot left as they were, by way of none."""
    stages: dict[str, str] = {}
    for result in answer.found():
        contact, there = str(result.get("id")), properties_of(result)
        stage = wanted.get(contact, {}).get(_STAGE)
        if stage is not None and there and there.get(_STAGE) != stage:
            stages[contact] = stage
    if stages:
        await _send(http, {contact: {_STAGE: ""} for contact in stages})
        await _send(http, {contact: {_STAGE: stage} for contact, stage in stages.items()})


async def _send(http: Http, changes: Mapping[str, Properties]) -> Answer:
    inputs = [{"id": contact, "properties": said} for contact, said in changes.items()]
    return await ask(http, objects("contacts", "batch", "update"), {"inputs": inputs})
