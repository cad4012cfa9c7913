"""Declarations for tests: plain values that `headgate apply` takes as they are."""

from __future__ import annotations

from typing import Any

from tests.harness.receiver import SECRET

KEY = "wk_website"
EVERYTHING: dict[str, Any] = {"@path": "$."}


def source(slug: str = "website", key: str = KEY, **fields: Any) -> dict[str, Any]:
    return {"slug": slug, "name": slug.capitalize(), "write_keys": [key], **fields}


def subscription(url: str, name: str = "Everything", **fields: Any) -> dict[str, Any]:
    mapping = {"url": url, "data": EVERYTHING}
    return {"name": name, "action": "send", "trigger": "all", "mapping": mapping, **fields}


def connection(slug: str, *urls: str, secret: str = SECRET, **fields: Any) -> dict[str, Any]:
    """Send everything of the source `website` to each URL, by a subscription for each."""
    names = ["Everything", *(f"Everything, {number}" for number in range(2, 9))]
    return {
        "slug": slug,
        "source": "website",
        "destination": "webhook",
        "enabled": True,
        "settings": {"sharedSecret": secret},
        "subscriptions": [subscription(url, name) for url, name in zip(urls, names, strict=False)],
        **fields,
    }


def declaration(
    *connections: dict[str, Any], sources: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {
        "version": 1,
        "workspace": "journeys",
        "sources": [source()] if sources is None else sources,
        "connections": list(connections),
    }
