"""Makes every `headgate` below answer first and write later: what the kill tests must catch.

Python imports a module of this name at its start, if its folder is in PYTHONPATH.
"""

from __future__ import annotations

import asyncio

from headgate.collect.gather import Gather, Group

LATER_SECONDS = 0.02

append = Gather._append


async def append_later(gather: Gather, group: Group) -> None:
    """Release whoever waits for a group, and append it a little later."""
    tickets, group.tickets = group.tickets, []
    for ticket in tickets:
        ticket.release(None)
    await asyncio.sleep(LATER_SECONDS)
    await append(gather, group)


Gather._append = append_later  # type: ignore[method-assign, assignment]  # the fault to be caught
