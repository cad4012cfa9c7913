"""The fields of a profile."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from headgate.destinations.braze.people import OnlyExisting, Person
from headgate.kit import Fields, field, path


class Location(Fields):
    latitude: float | None = field("Latitude", "In degrees, north of the equator.")
    longitude: float | None = field("Longitude", "In degrees, east of Greenwich.")


class Facebook(Fields):
    id: str | None = field("Facebook ID", "The ID of the person there.")
    likes: list[str] | None = field("Facebook Likes", "What the person likes there.")
    num_friends: int | None = field(
        "Facebook Number of Friends", "How many friends the person has there."
    )


class Twitter(Fields):
    id: str | None = field("Twitter ID", "The ID of the person there.")
    screen_name: str | None = field("Twitter Handle", "The person's name there.")
    followers_count: int | None = field("Number of Followers", "Who follows the person.")
    friends_count: int | None = field("Number of Friends", "Whom the person follows.")
    statuses_count: int | None = field("Number of Statuses", "How much the person wrote.")


class PushToken(Fields):
    app_id: str = field("App ID", "The app that the token is for.")
    token: str = field("Token", "The push token.")
    device_id: str | None = field("Device ID", "The device that the token is of.")


class SubscriptionGroup(Fields):
    subscription_group_id: str = field("Subscription Group ID", "Which group it is.")
    subscription_state: Literal["subscribed", "unsubscribed"] = field(
        "Subscription State",
        "Whether the person is in it.",
        choices={"subscribed": "Subscribed", "unsubscribed": "Unsubscribed"},
    )


class Profile(Person):
    country: str | None = field(
        "Country",
        "The code of the country.",
        mapping=path("$.context.location.country"),
        allow_null=True,
    )
    current_location: Location | None = field(
        "Current Location",
        "Where the person is.",
        mapping={
            "latitude": path("$.context.location.latitude"),
            "longitude": path("$.context.location.longitude"),
        },
        allow_null=True,
    )
    date_of_first_session: datetime | None = field(
        "Date of First Session", "When the person first used the app.", allow_null=True
    )
    date_of_last_session: datetime | None = field(
        "Date of Last Session", "When the person last used the app.", allow_null=True
    )
    dob: datetime | None = field("Date of Birth", "The day of birth, in UTC.", allow_null=True)
    email: str | None = field(
        "Email", "The person's e-mail address.", mapping=path("$.traits.email"), allow_null=True
    )
    email_subscribe: str | None = field(
        "Email Subscribe", "`opted_in`, `unsubscribed` or `subscribed`."
    )
    email_open_tracking_disabled: bool | None = field(
        "Email Open Tracking Disabled", "Keeps opened e-mails from being counted."
    )
    email_click_tracking_disabled: bool | None = field(
        "Email Click Tracking Disabled", "Keeps clicks in e-mails from being counted."
    )
    facebook: Facebook | None = field("Facebook Attribution Data", "What Facebook knows.")
    first_name: str | None = field(
        "First Name", "The first name.", mapping=path("$.traits.firstName"), allow_null=True
    )
    gender: str | None = field(
        "Gender",
        "`M`, `F`, `O`, `N` (not applicable), `P` (not to be said), or a word for one of them.",
        mapping=path("$.traits.gender"),
        allow_null=True,
    )
    home_city: str | None = field(
        "Home City",
        "The city where the person lives.",
        mapping=path("$.traits.address.city"),
        allow_null=True,
    )
    image_url: str | None = field(
        "Image URL",
        "The address of a picture of the person.",
        mapping=path("$.traits.avatar"),
        format="uri",
        allow_null=True,
    )
    language: str | None = field("Language", "The code of the language.", allow_null=True)
    last_name: str | None = field("Last Name", "The last name.", mapping=path("$.traits.lastName"))
    marked_email_as_spam_at: datetime | None = field(
        "Marked Email as Spam At", "When the person called an e-mail spam.", allow_null=True
    )
    phone: str | None = field(
        "Phone Number", "A phone number.", mapping=path("$.traits.phone"), allow_null=True
    )
    push_subscribe: str | None = field(
        "Push Subscribe", "`opted_in`, `unsubscribed` or `subscribed`."
    )
    push_tokens: list[PushToken] | None = field(
        "Push Tokens", "Tokens of the person's devices. They replace those that Braze has."
    )
    time_zone: str | None = field("Time zone", "The name of the zone: `Europe/Rome`.")
    twitter: Twitter | None = field("Twitter Attribution Data", "What Twitter knows.")
    subscription_groups: list[SubscriptionGroup] | None = field(
        "Subscription Groups", "Groups that the person joins or leaves."
    )
    custom_attributes: dict[str, object] | None = field(
        "Custom Attributes", "Attributes of your own.", mapping=path("$.traits")
    )


class FirstProfile(Profile, OnlyExisting):
    """The profile of the first version."""
