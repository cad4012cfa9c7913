from __future__ import annotations

import pytest

from headgate.kit import Discard, Response
from tests.unit.destinations.running import Runner, sent

SLACK = Runner("slack", {})
WEBHOOK = "https://hooks.slack.com/services/T0/B0/abc"


async def test_only_what_is_mapped_is_sent() -> None:
    (request,) = await SLACK.perform("postToChannel", {"url": WEBHOOK, "text": 5, "channel": None})
    assert (request.method, request.url) == ("POST", WEBHOOK)
    assert sent(request) == {"text": "5"}


async def test_a_message_says_who_sends_it() -> None:
    message = {"text": "hi", "channel": "general", "username": "Desk", "icon_url": "https://a.de/i"}
    (request,) = await SLACK.perform("postToChannel", {"url": WEBHOOK, **message})
    assert sent(request) == message


@pytest.mark.parametrize(
    "url",
    ["https://hooks.slack.com/services/T0", "https://acme.slack.com/x", "https://a.slack-gov.com/"],
)
async def test_addresses_of_slack_are_taken(url: str) -> None:
    (request,) = await SLACK.perform("postToChannel", {"url": url, "text": "hi"})
    assert request.url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/services/T0",
        "https://example.com/services/T0",
        "https://hooks.slackxcom/services/T0",
        "https://hooks.slack.comevil/x",
        "https://a.slack.com.evil.example/x",
        "https://evil.example/.slack.com/x",
        "https://slack.com/x",
        "https://hooks.slack.com/services/T-0",
        "https://hooks.slack.com/services/T0?a=1",
        "https://user@hooks.slack.com/x",
        "https://acme.slack.com",
    ],
)
async def test_other_addresses_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Discard, match="as Slack gives it") as caught:
        await SLACK.perform("postToChannel", {"url": url, "text": "hi"})
    assert url not in str(caught.value)


async def test_a_message_that_slack_would_cut_is_refused() -> None:
    await SLACK.perform("postToChannel", {"url": WEBHOOK, "text": "x" * 40_000})
    with pytest.raises(Discard, match="Message"):
        await SLACK.perform("postToChannel", {"url": WEBHOOK, "text": "x" * 40_001})


async def test_a_webhook_that_is_gone_ends_the_delivery() -> None:
    with pytest.raises(Discard, match="404"):
        await SLACK.perform("postToChannel", {"url": WEBHOOK, "text": "hi"}, Response(404))
