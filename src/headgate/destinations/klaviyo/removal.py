"""Actions that take profiles off lists."""

from __future__ import annotations

from collections.abc import Sequence

from headgate.destinations.klaviyo.batches import send_valid
from headgate.destinations.klaviyo.connection import PAGE, Account, having, ids, klaviyo
from headgate.destinations.klaviyo.lists import leave, lists
from headgate.destinations.klaviyo.people import Identified, a_phone, an_email
from headgate.kit import BatchResult, Discard, Http, Response, field, path

KINDS = ("external_id", "email", "phone_number")


class Removed(Identified):
    """Somebody to take off a list."""

    list_id: str = field("List", "The list to take the profile off.", choices=lists)


class Leaver(Removed):
    email: str | None = an_email(path("$.traits.email"))
    phone_number: str | None = a_phone(path("$.traits.phone"))


class FormerMember(Removed):
    email: str | None = an_email(path("$.context.traits.email"))
    phone_number: str | None = a_phone(path("$.context.traits.phone"))
    list_id: str = field(
        "List ID",
        "The list of the audience.",
        hidden=True,
        mapping=path("$.context.personas.audience_settings.listId")
        | path("$.context.personas.external_audience_id"),
    )


@klaviyo.action(
    "Remove profile from list (audiences)",
    slug="removeProfileFromList",
    trigger='event = "Audience Exited"',
)
async def remove_profile_from_list(http: Http, member: FormerMember, _: Account) -> Response:
    """Take a profile off the list of an audience."""
    return await remove(http, member)


@klaviyo.action("Remove profile from list", slug="removeProfile", trigger='type = "identify"')
async def remove_profile(http: Http, person: Leaver, _: Account) -> Response:
    """Take a profile off a list; the profile itself stays."""
    return await remove(http, person)


async def remove_all(http: Http, people: Sequence[Removed], _: Account) -> BatchResult:
    """Take profiles off the list that all of them share."""
    list_id = people[0].list_id

    async def send(known: list[dict[str, str]]) -> Response:
        profiles, answer = await find(http, known)
        return await leave(http, list_id, profiles) if profiles else answer

    return await send_valid(people, Identified.identifiers, send)


@remove_profile_from_list.batch(up_to=1000, keys=["list_id"], is_default=True)
async def remove_members(
    http: Http, members: Sequence[FormerMember], account: Account
) -> BatchResult:
    return await remove_all(http, members, account)


@remove_profile.batch(up_to=1000, keys=["list_id"], is_default=True)
async def remove_profiles(http: Http, people: Sequence[Leaver], account: Account) -> BatchResult:
    return await remove_all(http, people, account)


async def remove(http: Http, person: Removed) -> Response:
    profiles, answer = await find(http, [person.identifiers()])
    if not profiles:
        raise Discard(
            "No profile has these identifiers, so none was taken off the list.",
            status=answer.status,
            response=answer,
        )
    return await leave(http, person.list_id, profiles)


async def find(http: Http, people: Sequence[dict[str, str]]) -> tuple[list[str], Response]:
    """Give the ids of the profiles with any of these identifiers, and the last answer.

    There is one identifier or more.
    """
    found: dict[str, None] = {}
    for name, values in asked(people):
        answer = await http.get(having(name, values))
        found |= dict.fromkeys(ids(answer))
    return [*found], answer


def asked(people: Sequence[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """Say which identifiers to look for, as many at once as one answer can list."""
    return [
        (name, values[start : start + PAGE])
        for name in KINDS
        if (values := [person[name] for person in people if name in person])
        for start in range(0, len(values), PAGE)
    ]
