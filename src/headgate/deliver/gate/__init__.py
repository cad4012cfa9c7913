"""The gate of a connection: its slots, breaker, rate, retry budget and pause."""

from headgate.deliver.gate.gate import Gate

__all__ = ["Gate"]
