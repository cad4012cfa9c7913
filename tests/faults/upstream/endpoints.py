"""Where the upstream listens: for each line a plain and a secure endpoint, and some more."""

from __future__ import annotations

from typing import NamedTuple

from tests.faults.upstream.lines import LINES, Line

DOMAIN = "upstream.test"
ONLY_SECURE = frozenset({"uf_goaway"})
ONLY_PLAIN = frozenset({"uf_half_close"})
"""Over TLS a connection cannot be closed by half."""
NOWHERE = frozenset({"uf_dns_nx", "uf_dns_servfail", "uf_dns_slow"})
"""Names that lead to no address, so that nobody need listen."""
MORE = {
    **{fault: ["row"] for fault in ("uf_s302", "uf_s403", "uf_s404")},
    "uf_tls_renego": ["tls12"],
}
"""Further endpoints of a line: the same many times in a row; renegotiation as TLS 1.2 has it."""
GROUPS = frozenset({"status", "retry_after", "transport", "tls"})


class Endpoint(NamedTuple):
    """`fault` is the id of a line, or says in a word what it does; `target` answers 200."""

    fault: str
    variant: str

    @property
    def slug(self) -> str:
        return f"{self.fault}-{self.variant}".replace("_", "-")

    @property
    def secure(self) -> bool:
        return self.variant.startswith("tls")

    @property
    def host(self) -> str:
        return f"{self.slug}.{DOMAIN}"


def of(line: Line) -> list[Endpoint]:
    """The endpoints that behave as a line says."""
    plain = line.group != "tls" and line.id not in ONLY_SECURE
    variants = ["plain"] if plain else []
    variants += [] if line.id in ONLY_PLAIN else ["tls"]
    return [Endpoint(line.id, variant) for variant in (*variants, *MORE.get(line.id, ()))]


FAULTS = [endpoint for line in LINES if line.group in GROUPS for endpoint in of(line)]
HEALTHY = [Endpoint("healthy", "plain"), Endpoint("healthy", "tls")]
DYING = [Endpoint("dying", "plain"), Endpoint("dying", "tls")]
"""They answer the first request of a connection, and end the connection at the second."""
TARGET = Endpoint("target", "plain")
BLACK_HOLE = Endpoint("black_hole", "plain")
ENDLESS = [
    Endpoint(f"endless_{what}", variant)
    for what in ("body", "chunks", "headers")
    for variant in ("plain", "tls")
]
OAUTH = [Endpoint(fault, "oauth") for fault in ("uf_s440", "uf_s498")]
"""They refuse an access that was not renewed."""
SCENARIOS = [
    *OAUTH,
    *(Endpoint(word, "plain") for word in ("tokens", "revoked_tokens", "revoked", "items")),
    *(Endpoint(word, "plain") for word in ("small", "limited")),
]
COURSE = [*FAULTS, *HEALTHY, *DYING]
"""Those that everything is sent to at once."""
ALL = [*COURSE, *ENDLESS, *SCENARIOS, TARGET, BLACK_HOLE]
