"""Actions that keep who agreed to marketing by e-mail and text message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from headgate.destinations.klaviyo.batches import send_grouped, send_valid
from headgate.destinations.klaviyo.connection import API, Account, klaviyo
from headgate.destinations.klaviyo.lists import lists
from headgate.destinations.klaviyo.people import Reachable, a_phone, an_email
from headgate.kit import BatchResult, Discard, Http, Response, field, path
from headgate.kit.values import iso, present

PROFILES = 100
"""Of one job."""


class Asked(Reachable):
    """Somebody whose consent changes."""

    email: str | None = an_email(path("$.traits.email") | path("$.context.traits.email"))
    phone_number: str | None = a_phone(path("$.traits.phone") | path("$.context.traits.phone"))
    list_id: str | None = field("List", "The list that the consent is for.", choices=lists)

    def addresses(self) -> dict[str, str]:
        """Where they can be reached. Raises `Discard` when nowhere."""
        known = present({"email": self.email, "phone_number": self.phone()})
        if not known:
            raise Discard("Consent needs an e-mail or a phone number: map one.")
        return known


class Subscriber(Asked):
    custom_source: str | None = field(
        "Source", "Where the person agreed, kept with their consent as $source."
    )
    historical_import: bool | None = field(
        "Historical import",
        "The person agreed in the past: they get no message that asks to confirm it.",
        mapping=False,
    )
    consented_at: datetime | None = field(
        "Consented at", "When; kept for historical imports.", mapping=path("$.timestamp")
    )


class Job(NamedTuple):
    """What all profiles of one request share."""

    list_id: str | None
    source: str | None = None
    is_historical: bool = False


@klaviyo.action(
    "Subscribe profile",
    slug="subscribeProfile",
    trigger='type = "track" and event = "User Subscribed"',
)
async def subscribe_profile(http: Http, person: Subscriber, _: Account) -> Response:
    """Note that a person agreed to marketing."""
    return await subscribe(http, job_of(person), [subscribed(person)])


@subscribe_profile.batch(up_to=1000, keys=["list_id", "custom_source", "historical_import"])
async def subscribe_profiles(http: Http, people: Sequence[Subscriber], _: Account) -> BatchResult:
    return await send_valid(
        people,
        lambda person: (job_of(person), subscribed(person)),
        lambda some: send_grouped(
            some, PROFILES, lambda job, profiles: subscribe(http, job, profiles)
        ),
    )


@klaviyo.action(
    "Unsubscribe profile",
    slug="unsubscribeProfile",
    trigger='type = "track" and event = "User Unsubscribed"',
)
async def unsubscribe_profile(http: Http, person: Asked, _: Account) -> Response:
    """Note that a person no longer agrees to marketing."""
    return await unsubscribe(http, Job(person.list_id), [unsubscribed(person)])


@unsubscribe_profile.batch(up_to=PROFILES, keys=["list_id"])
async def unsubscribe_profiles(http: Http, people: Sequence[Asked], _: Account) -> BatchResult:
    return await send_valid(
        people,
        lambda person: (Job(person.list_id), unsubscribed(person)),
        lambda some: send_grouped(
            some, PROFILES, lambda job, profiles: unsubscribe(http, job, profiles)
        ),
    )


async def subscribe(http: Http, job: Job, profiles: Sequence[object]) -> Response:
    attributes = {
        "historical_import": job.is_historical,
        "profiles": {"data": profiles},
        **present({"custom_source": job.source}),
    }
    kind = "profile-subscription-bulk-create-job"
    return await http.post(f"{API}/{kind}s/", json=_request(kind, attributes, job))


async def unsubscribe(http: Http, job: Job, profiles: Sequence[object]) -> Response:
    kind = "profile-subscription-bulk-delete-job"
    body = _request(kind, {"profiles": {"data": profiles}}, job)
    return await http.post(f"{API}/{kind}s", json=body)


def _request(kind: str, attributes: Mapping[str, object], job: Job) -> dict[str, Any]:
    data: dict[str, Any] = {"type": kind, "attributes": attributes}
    if job.list_id is not None:
        data["relationships"] = {"list": {"data": {"type": "list", "id": job.list_id}}}
    return {"data": data}


def job_of(person: Subscriber) -> Job:
    return Job(person.list_id, person.custom_source, bool(person.historical_import))


def subscribed(person: Subscriber) -> dict[str, Any]:
    """Give a profile that agrees, by each address that is known."""
    given = {"consent": "SUBSCRIBED"}
    if person.historical_import and person.consented_at:
        given["consented_at"] = iso(person.consented_at)
    return _profile(person, email={"marketing": given}, sms={"marketing": given})


def unsubscribed(person: Asked) -> dict[str, Any]:
    """Give a profile that no longer agrees, by each address that is known."""
    given = {"consent": "UNSUBSCRIBED"}
    sms = {"marketing": given, "transactional": given}
    return _profile(person, email={"marketing": given}, sms=sms)


def _profile(person: Asked, *, email: object, sms: object) -> dict[str, Any]:
    known = person.addresses()
    subscriptions = {"email": email} if "email" in known else {}
    if "phone_number" in known:
        subscriptions["sms"] = sms
    return {"type": "profile", "attributes": {"subscriptions": subscriptions, **known}}
