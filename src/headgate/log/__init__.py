"""The durable event log: one port, segment files and a memory twin behind it."""
