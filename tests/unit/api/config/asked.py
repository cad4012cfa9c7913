"""The Config API in process: calls below `/v1beta`, and a workspace with something in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.control.nouns import audit_trail
from headgate.control.nouns.audit_trail import Search
from tests.unit.api.asking import asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.store.records import AuditRecord
    from tests.unit.api.asking import Answer, Asking

SECRET = "only-we-know-this"  # noqa: S105 - nobody else's
SHOP = "workspaces/main/sources/shop"
HOOK = f"{SHOP}/destinations/webhook"


class ConfigApi(NamedTuple):
    """Asks for names and paths as they stand below `/v1beta/`."""

    api: Asking

    def call(self, method: str, path: str, body: Any = b"", **more: Any) -> Answer:
        return self.api.call(method, f"/v1beta/{path}", body, **more)

    def good(self, method: str, path: str, body: Any = b"", **more: Any) -> Any:
        answer = self.call(method, path, body, **more)
        assert answer.status == 200, answer
        return answer.json

    def refused(self, method: str, path: str, body: Any = b"", **more: Any) -> tuple[int, int, str]:
        """Status, code and text."""
        answer = self.call(method, path, body, **more)
        assert set(answer.json) == {"error", "code"}, answer
        return answer.status, answer.json["code"], answer.json["error"]

    def change(self, name: str, resource: str, given: dict[str, Any], *paths: str) -> Any:
        return self.good("PATCH", name, {resource: given, "update_mask": {"paths": list(paths)}})

    def source(self, slug: str = "shop", **more: Any) -> Any:
        name = f"workspaces/main/sources/{slug}"
        given = {"name": name, "catalog_name": "catalog/sources/javascript", **more}
        return self.good("POST", "workspaces/main/sources", {"source": given})

    def hook(self, name: str = HOOK, **more: Any) -> Any:
        secret = {"name": f"{name}/config/sharedSecret", "type": "string", "value": SECRET}
        given = {"name": name, "config": [secret], **more}
        parent = name.rpartition("/")[0]
        return self.good("POST", parent, {"destination": given})

    def trail(self) -> list[AuditRecord]:
        """What was written down in the workspace, the newest first."""
        with self.api.control.read(self.api.operator()) as work:
            return list(audit_trail.listed(work, Search(), None, 1000).records)

    def pages(self, path: str, key: str, size: int) -> Iterator[list[Any]]:
        """Page after page of a list, to its end."""
        token = ""
        while True:
            found = self.good("GET", path, page_size=str(size), page_token=token)
            yield found[key]
            token = found["next_page_token"]
            if not token:
                return


def config_api(folder: Path, *, calls_a_minute: int = 100_000) -> ConfigApi:
    return ConfigApi(asking(folder, calls_a_minute=calls_a_minute))
