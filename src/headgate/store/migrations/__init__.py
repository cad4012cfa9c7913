"""The steps from each version's tables to the next, run by `store.migrate`."""

HEAD = "v0001"
"""The newest step."""
