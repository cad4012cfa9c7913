"""Keeping the log: seals, sidecars and retention, by a short-lived process beside its appender."""
