"""What a subscription would have done with real events, told without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from headgate.control.catalogue import installed
from headgate.control.commands import Desk, Target, target_of
from headgate.control.declaring.apply import apply
from headgate.control.declaring.declaration import parse
from headgate.control.errors import DeclarationError, Refused
from headgate.control.observing.preview import Preview, preview, read_file
from headgate.ledger.memory import MemoryLedger
from headgate.log.port import Position
from headgate.store.database import open_store
from tests.unit.control.recorded import NOW, Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.folder import DataFolder

ORDER = {"type": "track", "event": "Order", "userId": "u", "properties": {"total": 5}}
SIGNUP = {"type": "track", "event": "Signup", "userId": "u", "properties": {}}
USER = {"type": "identify", "userId": "u"}
HOME = {"type": "page", "name": "Home", "userId": "u"}
MAPPING: dict[str, Any] = {"url": "https://a.test/", "data": {"name": {"@path": "$.event"}}}
CANARY = "https://hooks.test/canary-7f3a9c"


@pytest.fixture
def recorded() -> Recorded:
    return Recorded(roll=5)


def joined(slug: str, action: str, mapping: dict[str, Any]) -> dict[str, Any]:
    """A connection that was never enabled, with one subscription."""
    tracks = {"name": "Tracks", "action": action, "trigger": 'type = "track"', "mapping": mapping}
    return {
        "slug": slug,
        "source": "website",
        "destination": slug,
        "enabled": False,
        "subscriptions": [tracks],
    }


@pytest.fixture
def desk(folder: DataFolder) -> Iterator[Desk]:
    declared = {
        "version": 1,
        "workspace": "demo",
        "sources": [{"slug": "website"}],
        "connections": [
            joined("webhook", "send", MAPPING),
            joined("slack", "postToChannel", {"url": CANARY, "text": "x"}),
        ],
    }
    apply(folder, parse(yaml.safe_dump(declared)), head={0: 0}, environ={})
    with open_store(folder) as store:
        yield Desk(store, MemoryLedger(), NOW, 90)


class Previewing:
    """`await previewing(name=…, trigger=…, mapping=…)`: such a subscription, previewed."""

    def __init__(self, recorded: Recorded, target: Target) -> None:
        self.recorded, self.target = recorded, target

    async def __call__(self, *, last: int = 1000, **fields: Any) -> Preview:
        given = {"name": "Tracks", "action": "send", "mapping": MAPPING, "trigger": "all", **fields}
        proposed = read_file(yaml.safe_dump(given), self.target.connection, installed())
        return await preview(self.recorded.log, self.target, proposed, last)


@pytest.fixture
def previewing(recorded: Recorded, desk: Desk) -> Previewing:
    return Previewing(recorded, target_of(desk, "webhook", needs_lane=False))


def counts(found: Preview) -> tuple[int, ...]:
    return (
        found.newly_sent,
        found.no_longer_sent,
        found.changed,
        found.unchanged,
        found.failing,
        found.newly_failing,
    )


def shown(found: Preview, kind: str) -> list[str | None]:
    return [example.event for example in found.examples[kind]]


async def test_a_new_subscription_sends_what_it_wants_anew(
    recorded: Recorded, previewing: Previewing
) -> None:
    await recorded.append(ORDER, SIGNUP, USER, HOME)
    found = await previewing(name="Pages", trigger='type = "page" or event = "Order"')
    assert (found.replaces, found.events, found.sent_before, found.sent_after) == (False, 4, 0, 2)
    assert counts(found) == (2, 0, 0, 0, 0, 0)
    assert shown(found, "newly_sent") == ["Order", "Home"]
    first, _ = found.examples["newly_sent"]
    assert (first.after["url"], first.after["data"]) == ("https://a.test/", {"name": "Order"})


async def test_one_that_replaces_another_is_compared_with_it(
    recorded: Recorded, previewing: Previewing
) -> None:
    await recorded.append(ORDER, SIGNUP, USER, ORDER)
    same = await previewing(trigger='type = "track"')
    assert (same.replaces, same.sent_before, same.sent_after) == (True, 3, 3)
    assert counts(same) == (0, 0, 0, 3, 0, 0)
    found = await previewing(trigger='type = "identify" or event = "Order"')
    assert counts(found) == (1, 1, 0, 2, 0, 0)
    assert (shown(found, "no_longer_sent"), shown(found, "newly_sent")) == (["Signup"], [None])


async def test_another_payload_is_shown_as_what_differs(
    recorded: Recorded, previewing: Previewing
) -> None:
    await recorded.append(ORDER, SIGNUP)
    total = {"name": {"@path": "$.event"}, "total": {"@path": "$.properties.total"}}
    found = await previewing(trigger='type = "track"', mapping={**MAPPING, "data": total})
    assert counts(found) == (0, 0, 1, 1, 0, 0)
    (example,) = found.examples["changed"]
    assert [line for line in example.diff.splitlines() if line[:1] in "+-"] == [
        '-    "name": "Order"',
        '+    "name": "Order",',
        '+    "total": 5',
    ]


async def test_a_subscription_that_is_off_sends_nothing_any_more(
    recorded: Recorded, previewing: Previewing
) -> None:
    await recorded.append(ORDER, SIGNUP)
    found = await previewing(enabled=False)
    assert counts(found) == (0, 2, 0, 0, 0, 0)


async def test_what_would_fail_is_told_with_its_reason(
    recorded: Recorded, previewing: Previewing
) -> None:
    long = {**ORDER, "properties": {"long": "x" * 30_000}}
    await recorded.append(ORDER, SIGNUP, USER, long)
    swelling = {"@template": "{{properties.long}}" * 40}
    mapping = await previewing(trigger='type = "track"', mapping={**MAPPING, "data": swelling})
    assert (mapping.sent_after, mapping.failing, mapping.newly_failing) == (3, 1, 1)
    assert mapping.examples["failing"][0].error.startswith("mapping_error: ")
    absent = {"url": {"@path": "$.properties.url"}, "data": {}}
    unfit = await previewing(name="Elsewhere", mapping=absent)
    assert (unfit.failing, unfit.newly_failing, unfit.newly_sent) == (4, 4, 4)
    assert "url" in unfit.examples["failing"][0].error.lower()


async def test_no_secret_of_a_payload_is_shown_and_a_changed_one_is_told(
    recorded: Recorded, desk: Desk
) -> None:
    await recorded.append(ORDER)
    previewing = Previewing(recorded, target_of(desk, "slack", needs_lane=False))
    same: dict[str, Any] = {"action": "postToChannel", "trigger": 'type = "track"'}
    assert (await previewing(**same, mapping={"url": CANARY, "text": "x"})).unchanged == 1
    found = await previewing(**same, mapping={"url": f"{CANARY}-new", "text": "x"})
    assert counts(found) == (0, 0, 1, 0, 0, 0)
    (example,) = found.examples["changed"]
    assert (example.before["url"], example.after["url"], example.diff) == ("***", "***", "")
    assert "canary" not in str(found)


async def test_only_the_last_live_events_of_the_source_count(
    recorded: Recorded, previewing: Previewing
) -> None:
    for n in range(30):
        again = {**ORDER, "messageId": "the same"}
        await recorded.append({**SIGNUP, "messageId": f"s{n}"}, again)
        await recorded.append(ORDER, HOME, source=2)
    found = await previewing(last=12, name="All")
    assert found.events == 12
    assert found.examples["newly_sent"][0].messageId == "s18"
    everything = await previewing(last=1000, name="All")
    assert everything.events == 31
    (head,) = (await recorded.log.heads()).values()
    await recorded.log.raise_floor({0: Position(head - 8)})
    assert (await previewing(last=1000, name="All")).events == 2


async def test_a_source_without_events_has_nothing_to_show(previewing: Previewing) -> None:
    found = await previewing()
    assert (found.events, found.since, found.until) == (0, None, None)


@pytest.mark.parametrize("last", [0, -1, 10_001])
async def test_a_preview_is_bounded(previewing: Previewing, last: int) -> None:
    with pytest.raises(Refused, match="a preview looks at 1 to 10000 events"):
        await previewing(last=last)


async def test_a_file_that_is_no_subscription_is_refused_with_every_fault(
    previewing: Previewing,
) -> None:
    with pytest.raises(DeclarationError) as refused:
        await previewing(action="shout", colour="red")
    assert "unknown action 'shout'; there is send" in str(refused.value)
    assert "colour: unknown key" in str(refused.value)
    with pytest.raises(DeclarationError, match="trigger: "):
        await previewing(trigger="type ==== 1")
