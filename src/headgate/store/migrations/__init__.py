"""The steps from each version's tables to the next, run by `store.migrate`."""

HEAD = "v0008"
"""The newest step."""
