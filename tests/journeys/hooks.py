"""Sources with a webhook behind them, several in one Headgate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.harness.checks import check, check_log
from tests.harness.declarations import connection, declaration, source
from tests.harness.fixtures import tell
from tests.journeys.fields import assert_arrived, bodies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.harness.checks import Checked
    from tests.harness.printed import Line
    from tests.harness.receiver import Receiver
    from tests.harness.system import Headgate


class Hook:
    """A source of its own, everything of which goes to a path of its own."""

    def __init__(
        self, headgate: Headgate, receiver: Receiver, number: int, key: str | None
    ) -> None:
        self.headgate, self._receiver = headgate, receiver
        self.url = headgate.ready.collect
        self.key, self.source = key or f"wk_{number:030}", f"source-{number}"
        self._connection, self.path = f"hook-{number}", f"/hook-{number}"
        self.since = datetime.now(tz=UTC)
        """Nothing can have been received before."""
        headgate.apply(
            declaration(
                connection(self._connection, receiver.url(self.path), source=self.source),
                sources=[source(self.source, self.key)],
            )
        )

    def kept(self) -> list[Line]:
        """Every copy that the log has of this source's events."""
        lines = self.headgate.log_cat(everything=True)
        return [line for line in lines if line.source == self.source]

    def judge(
        self,
        made: Mapping[str, Mapping[str, Any]],
        unsure: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Checked:
        """What clients believe delivered is live once, and arrived once, signed, as it was made.

        `made` are the messages by their ids, `unsure` those of which a client says nothing or that
        they were not taken: these may be live, too, and nothing else may.
        """
        sent = {**(unsure or {}), **made}
        kept = check_log(self.kept(), made)
        assert kept.keys() <= sent.keys(), f"never sent: {sorted(kept.keys() - sent.keys())[:5]}"
        taken = self._receiver.wait(len(kept), self.path)
        checked = check(
            self.headgate,
            acknowledged=made,
            taken={self._connection: taken},
            source=self.source,
        )
        row = checked.rows[self._connection]
        assert (checked.live, row.received, row.delivered) == (len(kept),) * 3
        assert {each.signed for each in taken} == {"valid"}
        arrived = bodies(taken)
        for message_id in kept:
            assert_arrived(sent[message_id], arrived[message_id], since=self.since)
        tell(str(checked))
        return checked


class Hooks:
    """Makes them."""

    def __init__(self, headgate: Headgate, receiver: Receiver) -> None:
        self._headgate, self._receiver = headgate, receiver
        self._made = 0

    def new(self, key: str | None = None) -> Hook:
        """Configure one more source; `key` is its write key if it matters."""
        self._made += 1
        return Hook(self._headgate, self._receiver, self._made, key)
