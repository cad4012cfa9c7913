from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.declaring.plan_told import lines as told_lines
from headgate.control.errors import DeclarationError
from headgate.store.database import open_store
from headgate.store.secrets import SecretBox, secret_place
from headgate.store.trail import Search, Trail
from headgate.store.warehouses import Warehouses
from headgate.store.workspaces import Workspaces
from tests.unit.control.pretend import CATALOGUE, EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.control.declaring.apply import Applied
    from headgate.folder import DataFolder

SECRET = "canary-of-the-lake"  # noqa: S105 - of nobody
LAKE: dict[str, Any] = {
    "slug": "lake",
    "name": "The lake",
    "kind": "postgres",
    "settings": {"hostname": "db", "database": "d", "username": "u", "password": SECRET},
    "sources": ["website"],
    "left_out": [
        {"source": "website", "collection": "pages"},
        {"source": "website", "collection": "tracks", "property": "email"},
    ],
    "schedule": {
        "enabled": True,
        "timezone": "Europe/Berlin",
        "times": [{"hourOfDay": 3, "enabled": True}, {"hourOfDay": 15, "enabled": False}],
    },
}
VARIABLE = "HEADGATE_SECRET_WAREHOUSE_LAKE_PASSWORD"
REFERENCE = {"@secret": "warehouse.lake.password"}


def text(*warehouses: dict[str, Any], **changes: Any) -> str:
    tree = {**yaml.safe_load(EXAMPLE), "warehouses": list(warehouses), **changes}
    return yaml.safe_dump(tree, sort_keys=False)


def lake(**changes: Any) -> dict[str, Any]:
    return {**LAKE, **changes}


def with_settings(**changes: Any) -> dict[str, Any]:
    return lake(settings={**LAKE["settings"], **changes})


def lines(applied: Applied) -> list[str]:
    return [change.line for change in applied.changes]


def exported(folder: DataFolder) -> list[Any]:
    with open_store(folder) as store:
        tree = yaml.safe_load(export(store))
    found: list[Any] = tree["warehouses"]
    return found


def password(folder: DataFolder) -> Any:
    with open_store(folder) as store, store.read() as transaction:
        (workspace,) = Workspaces(transaction).all()
        (record,) = Warehouses(transaction, workspace.id).all()
    place = secret_place(workspace.id, record.id, "password")
    return SecretBox.load(folder, {}).open(record.settings["password"], place)


def test_a_warehouse_comes_back_as_it_was_declared(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    assert lines(apply(text(lake())))[-1] == "create warehouse lake"
    assert exported(folder) == [with_settings(password=REFERENCE)]
    assert password(folder) == SECRET
    for again in (lake(), with_settings(password=REFERENCE)):
        assert apply(text(again), prune=True).changes == ()
    with open_store(folder) as store, store.read() as transaction:
        (workspace,) = Workspaces(transaction).all()
        rows = Trail(transaction, workspace.id).found(Search(resource_type="WAREHOUSE"), None, 9)
    assert [(each.type, each.resource_name, each.what) for each in reversed(rows)] == [
        ("Storage Destination Created", "lake", ()),
        ("Storage Destination Modified", "lake", ("sources",)),
        ("Storage Destination Modified", "lake", ("schedule",)),
        ("Storage Destination Modified", "lake", ("selection",)),
    ]


def test_every_field_of_a_warehouse_changes(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text(lake()))
    wanted: dict[str, Any] = {
        "slug": "lake",
        "name": "Another",
        "kind": "postgres",
        "settings": {**LAKE["settings"], "password": "another", "port": 6000},
        "sources": ["website"],
        "left_out": [{"source": "website", "collection": "users"}],
    }
    applied = apply(text(wanted))
    assert lines(applied) == [
        "update warehouse lake: name, settings.password, settings.port, schedule, left_out"
    ]
    assert "another" not in "\n".join(told_lines(applied.changes))
    assert exported(folder) == [
        {**wanted, "settings": {**wanted["settings"], "password": REFERENCE}}
    ]
    assert password(folder) == "another"
    bare = {key: wanted[key] for key in ("slug", "name", "kind", "settings")}
    assert lines(apply(text(bare))) == ["update warehouse lake: sources, left_out"]
    assert apply(text(bare)).changes == ()


def test_only_prune_deletes_a_warehouse_and_only_where_they_are_spoken_of(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text(lake()))
    silent = yaml.safe_load(EXAMPLE)
    del silent["warehouses"]
    for prune in (False, True):
        assert apply(yaml.safe_dump(silent, sort_keys=False), prune=prune).changes == ()
    assert apply(text()).warnings == ("warehouse lake is not declared and stays",)
    assert lines(apply(text(), prune=True)) == ["delete warehouse lake"]
    assert exported(folder) == []


def test_a_secret_comes_from_the_environment_elsewhere(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    with pytest.raises(DeclarationError) as caught:
        apply(text(with_settings(password=REFERENCE)))
    (problem,) = caught.value.problems
    assert problem.path == "warehouses[0].settings.password"
    assert f"set {VARIABLE}, or write the value" in problem.message
    apply(text(with_settings(password=REFERENCE)), environ={VARIABLE: "from outside"})
    assert password(folder) == "from outside"


def test_a_role_is_limited_to_a_warehouse(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    limited = [{"role": "warehouse_admin", "warehouses": ["lake"]}]
    users = [{"email": "ada@example.org", "roles": limited}]
    apply(text(lake(), users=users))
    with open_store(folder) as store:
        assert yaml.safe_load(export(store))["users"] == users
    with pytest.raises(DeclarationError, match="there is no warehouse 'lake'"):
        apply(text(users=users), prune=True)


WRONG = [
    (lake(slug="A b"), "warehouses[0].slug", "does not match"),
    (lake(kind="paper"), "warehouses[0].kind", "there is no warehouse 'paper'; there is bigquery"),
    (lake(enabled=True), "warehouses[0].enabled", "leave it switched off"),
    (lake(more=1), "warehouses[0].more", "unknown key"),
    (with_settings(password=7), "warehouses[0].settings.password", "must be text"),
    (with_settings(schema="x"), "warehouses[0].settings.schema", "is no setting of PostgreSQL"),
    (with_settings(hostname={"@secret": "warehouse.lake.hostname"}),
     "warehouses[0].settings.hostname", "must be the value"),
    (with_settings(password={"@secret": "lake.password"}), "warehouses[0].settings.password",
     '{"@secret": "warehouse.lake.password"}'),
    (lake(sources=[7]), "warehouses[0].sources[0]", "must be the slug of a source"),
    (lake(sources=[]), "warehouses[0].left_out[0].source", "is not among the sources"),
    (lake(schedule={"timezone": "Nowhere/At"}), "warehouses[0].schedule.timezone", "time zone"),
    (lake(schedule={"timezone": "UTC", "times": [{"hourOfDay": 24}]}),
     "warehouses[0].schedule.times[0].hourOfDay", "from 0 to 23"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "path", "message"), WRONG, ids=[f"{w[1]}-{w[2]}" for w in WRONG])
def test_what_a_warehouse_cannot_be_is_refused_at_its_path(
    given: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse(text(given), CATALOGUE)
    assert message in {each.path: each.message for each in caught.value.problems}[path]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lake(sources=["shop"], left_out=[]), r"warehouses\[0\].sources\[0\]: there is no source"),
        (lake(kind="redshift"), r"warehouses\[0\].kind: warehouse lake is of the kind postgres"),
        (lake(settings={"hostname": "db"}), r"warehouses\[0\].settings: "),
    ],
)
def test_what_cannot_become_of_a_warehouse_is_refused(
    apply: Callable[..., Applied], folder: DataFolder, given: dict[str, Any], message: str
) -> None:
    apply(text(lake()))
    before = exported(folder)
    with pytest.raises(DeclarationError, match=message):
        apply(text(given))
    assert exported(folder) == before


def test_a_source_that_goes_leaves_the_warehouses_that_are_not_spoken_of(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text(lake()))
    assert lines(apply("{version: 1, workspace: demo}", prune=True))[-1] == "delete source website"
    bare = {key: LAKE[key] for key in LAKE if key not in ("sources", "left_out")}
    assert exported(folder) == [{**bare, "settings": {**LAKE["settings"], "password": REFERENCE}}]
    apply(text(lake()))
    gone = apply("{version: 1, workspace: demo, warehouses: []}", prune=True)
    assert lines(gone)[-1] == "delete warehouse lake"
