"""Deliveries into the world: lanes, attempts, retry policy and the transport."""
