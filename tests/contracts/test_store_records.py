"""The tests of the repositories, on every database."""

from __future__ import annotations

from tests.unit.store.test_commands import (
    test_a_command_comes_back_as_it_was_given,
    test_a_workspace_can_neither_see_nor_give_nor_remove_anothers,
    test_commands_go_with_their_connection,
    test_numbers_of_commands_that_are_gone_are_not_given_again,
    test_the_snapshot_carries_commands_in_the_order_in_which_they_were_given,
)
from tests.unit.store.test_oauth_apps import *  # noqa: F403 - all that it has, and will have
from tests.unit.store.test_repositories import *  # noqa: F403
from tests.unit.store.test_sessions import *  # noqa: F403
from tests.unit.store.test_trail import *  # noqa: F403
from tests.unit.store.test_warehouses import *  # noqa: F403

__all__ = [
    "test_a_command_comes_back_as_it_was_given",
    "test_a_workspace_can_neither_see_nor_give_nor_remove_anothers",
    "test_commands_go_with_their_connection",
    "test_numbers_of_commands_that_are_gone_are_not_given_again",
    "test_the_snapshot_carries_commands_in_the_order_in_which_they_were_given",
]
