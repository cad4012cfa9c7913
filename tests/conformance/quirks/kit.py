"""Quirks of running actions: items 1 and 32 to 38, where both modes do the same."""

from __future__ import annotations

from tests.conformance.quirks.quirk import Quirk

NO_MODES = "It shows only in the code that runs actions, which has no modes."
TESTED = "What runs actions has no modes; see `tests/unit/kit/test_connected.py`."

RUNNING = (
    Quirk(
        "1",
        "The subscription is among the settings",
        "Hands the subscription on to every action as one more setting.",
        "Settings are what the destination declares, and nothing else.",
        unshown=NO_MODES,
    ),
    Quirk(
        "32",
        "Responses pile up",
        "Adds every response to a list on the destination that nobody empties.",
        "No response is kept beyond its attempt.",
        unshown=NO_MODES,
    ),
    Quirk(
        "33",
        "A refreshed token runs everything again",
        "After a 401 and a refresh runs all subscriptions of the event again, also those that"
        " had succeeded.",
        "Only what was refused is run again.",
        unshown=TESTED,
    ),
    Quirk(
        "34",
        "Tokens are refreshed twice",
        "After a second 401 refreshes once more, for nothing.",
        "An attempt refreshes at most once.",
        unshown=TESTED,
    ),
    Quirk(
        "35",
        "A batch that nobody wants has one result",
        "Gives a result for each event of a batch, but a single one if no event matches.",
        "Every event has a result of its own.",
        unshown=TESTED,
    ),
    Quirk(
        "36",
        "An unknown action crashes a batch",
        "Passes over an action that does not exist for single events, and crashes for batches.",
        "It is refused where a subscription names it.",
        unshown=NO_MODES,
    ),
    Quirk(
        "37",
        "`json` overrules the content type",
        "Sends `application/json` with every JSON body, whatever header an action gave.",
        "The header of the action counts; without one it is `application/json`.",
        unshown=NO_MODES,
    ),
    Quirk(
        "38",
        "A default for timeouts is read and not used",
        "Reads a default timeout from the environment and never applies it.",
        "There is no such variable.",
        unshown=NO_MODES,
    ),
)
