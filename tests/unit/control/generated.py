"""A workspace that many small changes through the APIs have made, drawn by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from headgate.control.access.roles import ROLES
from headgate.control.declaring.apply import apply
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.text import dump
from headgate.control.errors import ControlError
from headgate.control.nouns import invites, users, warehouse_loads, write_keys
from headgate.control.nouns.warehouse_loads import Choice
from tests.unit.api.asking import Asking

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

SECRET = "canary-9876-abcdefgh"  # noqa: S105 - of nobody
PEM = (
    rsa.generate_private_key(65537, 2048)
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
CHARACTERS = "ab 'é\"\\\n\r\t\x85\u2028: -#{}[]@&*!|>%`,?0~=\U0001f600\ufeff\u00a0"
SETTINGS: dict[str, dict[str, Any]] = {
    "webhook": {"sharedSecret": SECRET},
    "amplitude": {"apiKey": SECRET, "secretKey": SECRET},
    "slack": {},
}
DATABASE = {"hostname": "db", "database": "d", "username": "u", "password": SECRET}
ACTIONS: tuple[dict[str, Any], ...] = (
    {"type": "DROP"},
    {"type": "SAMPLE", "percent": 0.25, "path": "userId"},
    {"type": "SAMPLE", "percent": 1},
    {"type": "DROP_PROPERTIES", "fields": {"properties": ["a.b", "c"], "context": ["ip"]}},
    {"type": "ALLOW_PROPERTIES", "fields": {"traits": ["plan"]}},
)


class Generated:
    """What is refused changes nothing; `done` counts what was not."""

    def __init__(self, api: Asking, rng: Random) -> None:
        self.api, self.rng = api, rng
        self.done = self.count = 0
        apply(api.store.folder, parse(self._base()), head={0: 0}, environ={}, clock=api.clock)

    def run(self, steps: int) -> None:
        changes = [getattr(self, name) for name in dir(self) if name.startswith("change_")]
        for _ in range(steps):
            self.api.clock.now += self.rng.randrange(10_000)
            try:
                self.done += bool(self.rng.choice(changes)())
            except ControlError:
                continue

    def _base(self) -> str:
        """What no API makes yet."""
        toggles = {self.text(): {"Slack": False}}
        schema = {
            "blocked_events": [self.text()],
            "omitted_traits": {"group": [self.text()]},
            "integrations": toggles,
        }
        app = {
            "slug": "backend",
            "enabled": self.rng.random() < 0.5,
            "keys": [{"id": "k", "pem": PEM}],
            "lifetime": self.rng.choice(["90 minutes", "2 days"]),
            "revoke_before": "2020-01-02T03:04:05.678Z",
        }
        source = {"slug": "declared", "schema": schema, "oauth": {"apps": ["backend"]}}
        hook = {
            "slug": "declared-hook",
            "source": "declared",
            "destination": "webhook",
            "ordering": "strict",
            "consent": [self.text(), "ads"],
        }
        tree = {"version": 1, "workspace": "main", "name": self.text()}
        return dump(tree | {"oauth_apps": [app], "sources": [source], "connections": [hook]})

    # what things are called

    def text(self) -> str:
        return "".join(self.rng.choices(CHARACTERS, k=self.rng.randrange(1, 9))) + "."

    def slug(self) -> str:
        self.count += 1
        return f"thing-{self.count}"

    def one(self, path: str, key: str) -> Any:
        """One of what there is, by its id; None where there is nothing."""
        answer = self.api.call("GET", path)
        found = answer.data[key] if answer.status < 300 else []
        return self.rng.choice(found)["id"] if found else None

    def call(self, method: str, path: str, body: Any = b"") -> bool:
        return self.api.call(method, path, body).status < 300

    def work(self, does: Callable[[Any], object]) -> bool:
        with self.api.control.write(self.api.operator()) as work:
            does(work)
        return True

    def source(self) -> str:
        return str(self.one("/sources", "sources"))

    def connection(self) -> str:
        return str(self.one("/destinations", "destinations"))

    # sources and labels

    def change_new_source(self) -> bool:
        kind = self.rng.choice(["iUM16Md8P2", "XRksQPCr7X", "7XqN9rJQOG"])
        body = {"slug": self.slug(), "enabled": self.rng.random() < 0.7, "metadataId": kind}
        return self.call("POST", "/sources", body)

    def change_source(self) -> bool:
        body = {"name": self.text(), "enabled": self.rng.random() < 0.5}
        return self.call("PATCH", f"/sources/{self.source()}", body)

    def change_source_gone(self) -> bool:
        is_time = self.rng.random() < 0.3
        return is_time and self.call("DELETE", f"/sources/{self.source()}")

    def change_new_label(self) -> bool:
        told = {"description": self.text()} if self.rng.random() < 0.5 else {}
        key, value = self.rng.choice("ab"), self.rng.choice("xyz")
        return self.call("POST", "/labels", {"label": {"key": key, "value": value, **told}})

    def change_labels(self) -> bool:
        label = {"key": self.rng.choice("ab"), "value": self.rng.choice("xyz")}
        return self.call("PUT", f"/sources/{self.source()}/labels", {"labels": [label]})

    def change_new_key(self) -> bool:
        return self.call("POST", f"/sources/{self.source()}/writekey")

    def change_rotated_key(self) -> bool:
        hours, source = self.rng.choice([0, 1.5, 24]), self.source()
        return self.work(lambda work: write_keys.rotate(work, source, hours))

    # connections

    def change_new_connection(self) -> bool:
        kind = self.rng.choice(sorted(SETTINGS))
        named = {"name": self.text()} if self.rng.random() < 0.7 else {}
        body = {"sourceId": self.source(), "metadataId": kind, "settings": SETTINGS[kind], **named}
        return self.call("POST", "/destinations", body | {"enabled": self.rng.random() < 0.5})

    def change_connection(self) -> bool:
        body = {"name": self.text(), "enabled": self.rng.random() < 0.5}
        return self.call("PATCH", f"/destinations/{self.connection()}", body)

    def change_new_filter(self) -> bool:
        connection = self.connection()
        found = self.api.call("GET", f"/destinations/{connection}")
        body = {
            "sourceId": found.data["destination"]["sourceId"] if found.status < 300 else "",
            "if": self.rng.choice(["all", 'type = "track"', 'event = "a\'b"']),
            "actions": self.rng.sample(ACTIONS, self.rng.randrange(1, 3)),
            "title": self.text(),
            "enabled": self.rng.random() < 0.5,
            **({"description": self.text()} if self.rng.random() < 0.5 else {}),
        }
        return self.call("POST", f"/destination/{connection}/filters", body)

    def change_new_subscription(self) -> bool:
        mapping = {"url": self.text(), "data": {self.text(): [1, 1.5, None, {"@path": "$.a"}]}}
        body = {
            "name": self.text(),
            "actionId": "send",
            "trigger": self.rng.choice(["all", 'type = "track"']),
            "enabled": self.rng.random() < 0.5,
            "settings": mapping,
        }
        return self.call("POST", f"/destinations/{self.connection()}/subscriptions", body)

    def change_subscription(self) -> bool:
        path = f"/destinations/{self.connection()}/subscriptions"
        one = self.one(path, "subscriptions")
        body = {"input": {"name": self.text(), "enabled": self.rng.random() < 0.5}}
        return self.call("PATCH", f"{path}/{one}", body)

    # warehouses

    def change_new_warehouse(self) -> bool:
        named = {"name": self.text()} if self.rng.random() < 0.7 else {}
        body = {"metadataId": "postgres", "settings": DATABASE, **named}
        return self.call("POST", "/warehouses", body)

    def change_warehouse(self) -> bool:
        body = {"name": self.text(), "settings": {"port": self.rng.choice([5432, 6000])}}
        return self.call("PATCH", f"/warehouses/{self.warehouse()}", body)

    def change_connected_source(self) -> bool:
        path = f"/warehouses/{self.warehouse()}/connected-sources/{self.source()}"
        return self.call(self.rng.choice(["POST", "POST", "DELETE"]), path)

    def change_schedule(self) -> bool:
        times = [{"hourOfDay": self.rng.randrange(24), "enabled": self.rng.random() < 0.5}]
        given = {"enabled": True, "times": times, "timezone": "Europe/Berlin"}
        warehouse, is_on = self.warehouse(), self.rng.random() < 0.5
        return self.work(
            lambda work: warehouse_loads.reschedule(work, warehouse, enabled=is_on, given=given)
        )

    def change_selection(self) -> bool:
        warehouse = self.warehouse()
        source = self.one(f"/warehouses/{warehouse}/connected-sources", "sources")
        is_on = self.rng.random() < 0.2
        choice = Choice(str(source), self.text(), self.rng.choice(["", "email"]), is_on)
        return self.work(lambda work: warehouse_loads.select(work, warehouse, [choice]))

    def warehouse(self) -> str:
        return str(self.one("/warehouses", "warehouses"))

    # people

    def change_new_user(self) -> bool:
        roles = self.rng.sample(sorted(ROLES), 2)
        return self.work(lambda work: users.create(work, self.email(), roles))

    def change_invited(self) -> bool:
        given = [{"email": self.email(), "permissions": [self.permission()]}]
        return self.work(lambda work: invites.create(work, given))

    def change_user(self) -> bool:
        one = self.one("/users", "users")
        body = {"permissions": [self.permission() for _ in range(self.rng.randrange(3))]}
        return self.call("PUT", f"/users/{one}/permissions", body)

    def change_new_group(self) -> bool:
        return self.call("POST", "/groups", {"name": self.text()})

    def change_group(self) -> bool:
        one = self.one("/groups", "userGroups")
        if self.rng.random() < 0.5:
            return self.call("PUT", f"/groups/{one}/users", {"emails": [self.email()]})
        body = {"permissions": [self.permission()]}
        return self.call("PUT", f"/groups/{one}/permissions", body)

    def email(self) -> str:
        return f"{self.rng.choice('abcdef')}@example.org"

    def permission(self) -> dict[str, Any]:
        if self.rng.random() < 0.3:
            label = {"key": self.rng.choice("ab"), "value": self.rng.choice("xyz")}
            return {"roleId": "source_admin", "resources": [], "labels": [label]}
        if self.rng.random() < 0.5:
            named = [{"type": "SOURCE", "id": self.source()}]
            return {"roleId": "source_read_only", "resources": named}
        return {"roleId": self.rng.choice(sorted(ROLES)), "resources": []}
