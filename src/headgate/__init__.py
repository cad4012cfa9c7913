"""Headgate: a self-hosted customer data platform."""
