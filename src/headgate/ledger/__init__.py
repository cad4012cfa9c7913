"""The account of what happened to every event: cursors, open events, dead letters, attempts."""
