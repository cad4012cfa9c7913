"""Where our destinations differ from the originals on purpose.

A reason is the beginning of a point of the guide, which says the rest.
"""

from __future__ import annotations

from typing import Final

from tests.agreement.comparing import Difference

NOT_SENT: Final = ("ending", "request")
"""What differs when only one of the two sends the event."""


def _meant(reason: str, *paths: str, cases: str = "") -> tuple[Difference, ...]:
    """Allow paths to differ, in the cases that are named (all of a destination if none is)."""
    return tuple(Difference(path, reason, tuple(cases.split())) for path in paths)


AMPLITUDE: Final = (
    *_meant("`options` of identifications without `min_id_length`", "body.options"),
    *_meant("`requester` of a deletion", "body.requester"),
    *_meant(
        "A `time` in seconds, or a text of digits",
        "body.events[0].time",
        cases="amplitude-058 amplitude-063 amplitude-077",
    ),
    *_meant("`time` of a group that is no date", *NOT_SENT, cases="amplitude-018"),
    *_meant("Batches", "ending[*]", "request", cases="amplitude-078"),
)
BRAZE: Final = (
    *_meant(
        "What Braze accepts with a 2xx status and names an error for", "ending", cases="braze-106"
    ),
    *_meant("Each event of a refused batch has its own reason", "ending[1]", cases="braze-079"),
    *_meant(
        "A batch in which no event can be sent sends nothing.",
        "ending[*]",
        "request",
        cases="braze-078",
    ),
    *_meant("An order without products ends with that reason.", "ending", cases="braze-074"),
    *_meant(
        "A batch with more than 75 products goes out in several requests.",
        "ending[*]",
        "request",
        cases="braze-076",
    ),
    *_meant(
        "A batch with several events about one item of a catalog sends the last of them.",
        "ending[*]",
        cases="braze-046 braze-047 braze-097 braze-110",
    ),
    *_meant(
        "A batch with several events about one item of a catalog sends the last of them.",
        "body.items[0].name",
        cases="braze-110",
    ),
    *_meant("A mapping without a sync mode has the default one.", *NOT_SENT, cases="braze-107"),
    *_meant("A time in seconds is read as such.", "body.events[0].time", cases="braze-109"),
    *_meant("An item without a catalog is refused.", *NOT_SENT, cases="braze-111"),
)
CUSTOMERIO: Final = (
    *_meant(
        "In a batch of `createUpdateObject`", "body.batch[1]", "request", cases="customerio-087"
    ),
    *_meant(
        "Where Customer.io refuses some objects of a batch (207)",
        "ending[1]",
        cases="customerio-091",
    ),
    *_meant(
        "Only attributes, `created_at` and *Last used* are converted",
        "body.device.platform",
        cases="customerio-094",
    ),
    *_meant("The check of credentials asks the region", "url.host", cases="customerio-095"),
    *_meant("A user ID with a slash is escaped", "url.path", cases="customerio-092"),
    *_meant("A user ID with a slash is escaped", *NOT_SENT, cases="customerio-096"),
    *_meant(
        "Milliseconds in the `timestamp` of `reportDeliveryEvent` become seconds",
        "body.timestamp",
        cases="customerio-093",
    ),
)
GOOGLE_ANALYTICS_4: Final = (
    *_meant(
        "A time that is no date discards the event.", *NOT_SENT, cases="google-analytics-4-003"
    ),
    *_meant(
        "A custom event whose name Google would drop is discarded",
        *NOT_SENT,
        cases="google-analytics-4-115",
    ),
    *_meant("Secrets and IDs are escaped", "url.query*", cases="google-analytics-4-113"),
    *_meant("The currencies SLE, VED, ZWG and ZWL", *NOT_SENT, cases="google-analytics-4-116"),
    *_meant(
        "`null` in a member of a product counts as absent",
        "body.events[0].params.items[0].price",
        cases="google-analytics-4-117",
    ),
)
HUBSPOT: Final = (
    *_meant(
        "The contact of a company is looked up by its e-mail address",
        *NOT_SENT,
        cases="hubspot-013 hubspot-050",
    ),
    *_meant("A mapping that lets nothing be created", "ending", cases="hubspot-044 hubspot-056"),
    *_meant("In a batch of contacts, values are trimmed", "ending[*]", cases="hubspot-040"),
    *_meant(
        "Descriptions of what is created name Headgate",
        "body.description",
        "body.propertyDefinitions[*].description",
        "body.label",
    ),
    *_meant("IDs and names of types are escaped", "url.path", cases="hubspot-076"),
    *_meant(
        "An event of `customEvent` that has no properties",
        "body.properties",
        cases="hubspot-030 hubspot-031",
    ),
)
INTERCOM: Final = (
    *_meant("A person is deleted under the contact's ID.", "url.path", cases="intercom-018"),
    *_meant("`contact_id` of a company puts that contact into it.", "*", cases="intercom-008"),
    *_meant("`remote_created_at` of a company arrives in Unix seconds", "body.remote_created_at"),
    *_meant("Every moment arrives in Unix seconds", "body.last_seen_at", cases="intercom-022"),
    *_meant("Every moment arrives in Unix seconds", "body.created_at", cases="intercom-036"),
    *_meant(
        "The price of an event is a whole number of hundredths",
        "body.metadata.price.amount",
        cases="intercom-032 intercom-033",
    ),
)
KLAVIYO: Final = (
    *_meant("*Source* of consent is empty", "body.data.attributes.custom_source"),
    *_meant("Deleting a user looks up the profile", "*", cases="klaviyo-057"),
    *_meant("`addProfileToList` stops where", *NOT_SENT, cases="klaviyo-073"),
    *_meant("Look-ups escape a `+` in e-mails and phone numbers", "url.query.filter"),
    *_meant(
        "The events of an order's products get IDs that follow",
        "body.data.attributes.unique_id",
        cases="klaviyo-083",
    ),
    *_meant(
        "In batches, a subscription without e-mail and phone number is discarded",
        "ending[2]",
        cases="klaviyo-046",
    ),
    *_meant("The time of consent is written in UTC with milliseconds.", "body.*.consented_at"),
    *_meant(
        "A `time` in seconds is read as such.", "body.data.attributes.time", cases="klaviyo-093"
    ),
    *_meant("IDs of lists are escaped in addresses.", "url.path", cases="klaviyo-094"),
    *_meant("The e-mail in the profile of an order has to be one", *NOT_SENT, cases="klaviyo-095"),
)
MIXPANEL: Final = (
    *_meant("`$insert_id` when none is mapped", "body[*].properties.$insert_id"),
    *_meant(
        "`identify` with nothing to send, an empty increment",
        "ending",
        cases="mixpanel-009 mixpanel-055",
    ),
    *_meant("Profiles and aliases without an ID", *NOT_SENT, cases="mixpanel-018 mixpanel-019"),
    *_meant("A value to add that is no number", *NOT_SENT, cases="mixpanel-058"),
    *_meant("A `time` in seconds", "body[0].properties.time", cases="mixpanel-061"),
    *_meant("An unknown `apiRegion`", *NOT_SENT, cases="mixpanel-039"),
)
POSTHOG: Final = (
    *_meant(
        "`$current_url`, `$screen_name`, `$ip` and `$geoip_disable` among the mapped properties",
        "body.batch[0].properties.$*",
        cases="posthog-024",
    ),
    *_meant("Timestamps", "body.batch[0].timestamp", cases="posthog-030"),
    *_meant("Timestamps", "body.timestamp", cases="posthog-031"),
    *_meant("IPv6 addresses", *NOT_SENT, cases="posthog-032"),
)
SLACK: Final = (
    *_meant(
        "Name and picture that the form proposes",
        "body.username",
        "body.icon_url",
        cases="slack-001 slack-004",
    ),
    *_meant(
        "Hosts such as `hooks.slackXcom` or `hooks.slack.comevil`",
        *NOT_SENT,
        cases="slack-013 slack-016",
    ),
    *_meant("`hooks.slack-gov.com`", *NOT_SENT, cases="slack-027"),
)
WEBHOOK: Final = (
    *_meant("Every request carries a `webhook-id`", "headers.webhook-*"),
    *_meant("A signature among the mapped headers", "headers.x-signature", cases="webhook-013"),
    *_meant("A mapped header whose value is null is left out", "headers.x-a", cases="webhook-021"),
    *_meant("Whole numbers beyond 2^53", "body.a", "headers.x-signature", cases="webhook-022"),
    *_meant(
        "The `X-Signature` of a batch is over the whole list",
        "headers.x-signature",
        cases="webhook-006 webhook-007 webhook-014",
    ),
)

MEANT: Final[dict[str, tuple[Difference, ...]]] = {
    "amplitude": AMPLITUDE,
    "braze": BRAZE,
    "customerio": CUSTOMERIO,
    "google_analytics_4": GOOGLE_ANALYTICS_4,
    "hubspot": HUBSPOT,
    "intercom": INTERCOM,
    "klaviyo": KLAVIYO,
    "mixpanel": MIXPANEL,
    "posthog": POSTHOG,
    "slack": SLACK,
    "webhook": WEBHOOK,
}
"""By our slugs: all destinations that have an original."""
