"""What the tests of destinations begin with: a source, and connections of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.checking import checked
from headgate.api.public.contract import contract
from headgate.control.nouns import sources
from headgate.store.trail import Trail

if TYPE_CHECKING:
    from tests.unit.api.asking import Answer, Asking

API_KEY, SECRET_KEY = "a1b2c3d4e5f6", "s3cr3t-9876"
AMPLITUDE = {"apiKey": API_KEY, "secretKey": SECRET_KEY}
BULLETS = "\N{BULLET}" * 8


def source(api: Asking, slug: str, **given: Any) -> str:
    """A new source, by its id."""
    with api.control.write(api.operator()) as work:
        return sources.create(work, {"slug": slug, **given}).source.id


def create(api: Asking, source_id: str, metadata: str = "amplitude", **given: Any) -> Answer:
    settings = {"settings": AMPLITUDE} if metadata == "amplitude" else {"settings": {}}
    body = {"sourceId": source_id, "metadataId": metadata, **settings, **given}
    return told(api, "create_destination", "POST", "/destinations", body)


def created(api: Asking, source_id: str, metadata: str = "amplitude", **given: Any) -> str:
    """A new connection, by its id."""
    return str(create(api, source_id, metadata, **given).data["destination"]["id"])


def told(api: Asking, op: str, method: str, path: str, body: Any = b"", **more: Any) -> Answer:
    """The answer, which has the shape that clients expect where it is one of success."""
    answer = api.call(method, path, body, **more)
    endpoint = contract().endpoint(op)
    if answer.status < 300:
        assert answer.status == endpoint.status
        checked(endpoint.ret, answer.json)
    return answer


def trail(api: Asking) -> list[tuple[str, str, str]]:
    """What was written down: type, type of the resource, its id."""
    with api.control.read(api.operator()) as work:
        rows = Trail(work.transaction, work.workspace.id).page(None, 1000)
    return [(each.type, each.resource_type, each.resource) for each in rows]
