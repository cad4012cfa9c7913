"""Slack: post messages to a channel."""

import re

from headgate.kit import Destination, Discard, Http, Listing, Payload, Response, Settings, field

_WEBHOOK = re.compile(r"https://[A-Za-z0-9.-]+\.slack(?:-gov)?\.com/[/A-Za-z0-9]*", re.ASCII)
_LONGEST = 40_000


class Message(Payload):
    url: str = field(
        "Webhook URL",
        "The address of an incoming webhook, as Slack shows it. Keep it secret.",
        secret=True,
    )
    text: str = field(
        "Message",
        "What to post, at most 40,000 characters. Slack's mrkdwn works here.",
        long=True,
        maximum=_LONGEST,
    )
    channel: str | None = field(
        "Channel", "A channel without its `#`. Only older webhooks may choose one."
    )
    username: str | None = field("User", "The name beside the message.", mapping="Headgate")
    icon_url: str | None = field("Icon URL", "The address of the picture beside the name.")


slack = Destination(
    "Slack",
    settings=Settings,
    docs="https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
    description="Post a message to a channel when something happens.",
    listing=Listing(
        categories=("Performance Monitoring",),
        website="https://slack.com",
        previous_names=("Slack (Actions)", "Actions Slack"),
        glyph=("S", "#4a154b"),
    ),
)


@slack.action("Post message", slug="postToChannel")
async def post_to_channel(http: Http, message: Message, _: Settings) -> Response:
    """Post a message to a channel through an incoming webhook."""
    if not _WEBHOOK.fullmatch(message.url):
        raise Discard(
            "The webhook URL must be https://hooks.slack.com/… as Slack gives it: letters, digits "
            "and slashes only after the host."
        )
    body = {
        "channel": message.channel,
        "text": message.text,
        "username": message.username,
        "icon_url": message.icon_url,
    }
    return await http.post(
        message.url, json={name: value for name, value in body.items() if value is not None}
    )
