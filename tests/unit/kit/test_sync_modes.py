from __future__ import annotations

import pytest

from headgate.kit import Discard, SyncModes

MODES = SyncModes("Mode", {"add": "Add", "update": "Update"}, default="update")


def test_a_mode_that_was_not_chosen_is_the_default() -> None:
    assert MODES.chosen(None) == "update"
    assert MODES.chosen("add") == "add"


def test_a_mode_that_is_not_offered_ends_the_event() -> None:
    with pytest.raises(Discard, match="delete is not offered here; choose one of: add, update"):
        MODES.chosen("delete")
