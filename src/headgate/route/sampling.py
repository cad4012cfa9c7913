"""Sampling that is not random: the same event, or the same user, always has the same luck."""

from __future__ import annotations

from hashlib import blake2b

from headgate.mapping.javascript import stringify


def share(filter_id: str, value: object) -> float:
    """Where a JSON value falls in [0, 1) for a filter: evenly, and for each filter anew.

    A sample of a share `p` keeps what falls below `p`.
    """
    digest = blake2b(stringify([filter_id, value]), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 256**7
