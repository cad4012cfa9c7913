"""The embedded log: segment files, one appender, many readers."""
