"""The steps from each version's tables to the next, run by `store.migrate`."""

HEAD = "v0005"
"""The newest step."""
