"""The one judge of every whole-system test: nothing lost, nothing made up, everything counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.harness.printed import Line, Row
    from tests.harness.receiver import Received
    from tests.harness.system import Headgate


@dataclass(frozen=True)
class Checked:
    """The counts behind a passed check, for the test to print."""

    acknowledged: int
    live: int
    duplicates: int
    rows: Mapping[str, Row]
    repeats: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Connection -> idempotency key -> how often it was taken, where more than once."""

    def __str__(self) -> str:
        ended = {
            name: {**row.ended(), "pending": row.pending}
            for name, row in self.rows.items()
            if name in self.repeats
        }
        repeated = {name: len(keys) for name, keys in self.repeats.items() if keys}
        return (
            f"acknowledged {self.acknowledged}, live {self.live}, duplicates {self.duplicates},"
            f" repeated {repeated or 0}, {ended}"
        )


def check(
    headgate: Headgate,
    *,
    acknowledged: Iterable[str] = (),
    taken: Mapping[str, Sequence[Received]] | None = None,
    source: str | None = None,
    faultless: bool = True,
) -> Checked:
    """Judge a Headgate that rests: running or stopped, but with no request on its way.

    `acknowledged` are the ids that clients believe kept; `taken` the requests that a receiver
    said yes to, by the slug of the connection they came from; `source` narrows the look to one.
    `faultless` means that nothing was killed and no answer lost: then nothing may have been sent
    twice.
    """
    lines, rows = headgate.log_cat(everything=True), headgate.ledger()
    if source is not None:
        lines = [line for line in lines if line.source == source]
    live = check_log(lines, acknowledged)
    check_balance(rows)
    by_connection = {row.connection: row for row in rows if row.connection and row.kind == "live"}
    repeats = {
        name: check_deliveries(by_connection[name], requests, live, faultless=faultless)
        for name, requests in (taken or {}).items()
    }
    duplicates = sum(line.verdict == "duplicate" for line in lines)
    return Checked(len(set(acknowledged)), len(live), duplicates, by_connection, repeats)


def check_log(lines: Sequence[Line], acknowledged: Iterable[str]) -> dict[str, Line]:
    """Every acknowledged message is live exactly once; the live lines by message id.

    Ids are looked at for each source: two sources may use the same.
    """
    kept = Counter((line.source, line.messageId) for line in lines if line.verdict == "live")
    twice = {key: n for key, n in kept.items() if n > 1}
    assert not twice, f"live more than once: {_some(twice)}"
    live = {line.messageId or "": line for line in lines if line.verdict == "live"}
    lost = set(acknowledged) - live.keys()
    assert not lost, f"{len(lost)} acknowledged messages are not in the log: {_some(lost)}"
    return live


def check_balance(rows: Sequence[Row]) -> None:
    """Whatever was received is delivered, filtered, given up, discarded, suppressed or pending."""
    wrong = [row for row in rows if row.connection is not None and row.balance != 0]
    assert not wrong, f"the ledger does not balance: {wrong}"
    halved = [row for row in rows if (row.connection is None) != (row.balance is None)]
    assert not halved, f"a row is half one of a lane and half of none: {halved}"
    negative = [row for row in rows if min(row.ended().values(), default=0) < 0]
    negative += [row for row in rows if (row.pending or 0) < 0]
    assert not negative, f"a class is below 0: {negative}"


def check_deliveries(
    row: Row, taken: Sequence[Received], live: Mapping[str, Line], *, faultless: bool
) -> dict[str, int]:
    """What a destination took is what the ledger says; the keys that it took more than once."""
    messages = {each.message_id or "" for each in taken}
    phantoms = messages - live.keys()
    assert not phantoms, f"delivered, and not live in the log: {_some(phantoms)}"
    delivered, pending = row.delivered or 0, row.pending or 0
    assert delivered <= len(messages) <= delivered + pending, (
        f"{row.connection}: {len(messages)} messages arrived, the ledger says {delivered}"
        f" delivered and {pending} pending"
    )
    check_keys(taken)
    check_bodies(taken, live)
    repeats = repeated(taken)
    assert not (faultless and repeats), f"sent twice without a fault: {_some(repeats)}"
    assert not faultless or len(messages) == delivered, (
        f"{row.connection}: {len(messages)} messages arrived, {delivered} count as delivered"
    )
    return repeats


def check_keys(taken: Iterable[Received]) -> None:
    """One key for a message at a URL, however often it is sent; and no key for two messages."""
    keys: defaultdict[tuple[str, str | None], set[str]] = defaultdict(set)
    for each in taken:
        keys[each.path, each.message_id].add(each.key)
    changing = {key: seen for key, seen in keys.items() if len(seen) > 1}
    assert not changing, f"a repeat came with another key: {_some(changing)}"
    shared = Counter(key for seen in keys.values() for key in seen)
    assert "" not in shared, "a request came without a key"
    assert all(n == 1 for n in shared.values()), "two messages share a key"


def check_bodies(taken: Iterable[Received], live: Mapping[str, Line]) -> None:
    """What arrived is the event as the log has it, and all of it is signed or none of it."""
    forged = [each for each in taken if each.signed == "forged"]
    assert not forged, f"a signature is wrong: {forged[0]}"
    for each in taken:
        if each.body is not None:
            event = live[each.message_id or ""].event
            arrived = msgspec.json.decode(each.body)
            assert arrived == event, f"arrived {arrived}, in the log {event}"


def repeated(taken: Iterable[Received]) -> dict[str, int]:
    """The idempotency keys that were taken more than once."""
    counts = Counter(each.key for each in taken)
    return {key: n for key, n in counts.items() if n > 1}


def _some(found: Iterable[object]) -> str:
    listed = list(found.items() if isinstance(found, dict) else found)
    return f"{listed[:5]}{' and more' if len(listed) > 5 else ''}"
