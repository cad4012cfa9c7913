"""Settings: what an operator gives, and what a child process gets of it."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from headgate.ages import Ages
from headgate.policy import DeliveryPolicy
from headgate.settings import PREFIX, Settings, SettingsUnusable, load

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="  # noqa: S105 - nobody's


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no headgate.toml of whoever runs the tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_an_empty_variable_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = load()
    for name in Settings.model_fields:
        monkeypatch.setenv(PREFIX + name.upper(), "")
    assert load() == defaults


def test_an_option_wins_over_a_variable_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "headgate.toml").write_text("slots = 2\nsockets = 2\ncollect_rate = 2\n")
    monkeypatch.setenv("HEADGATE_SLOTS", "3")
    monkeypatch.setenv("HEADGATE_SOCKETS", "3")
    found = load(slots=4, sockets=None)
    assert (found.slots, found.sockets, found.collect_rate) == (4, 3, 2)


@pytest.mark.parametrize("name", ["tls_cert", "tls_key"])
def test_a_certificate_and_its_key_belong_together(name: str) -> None:
    with pytest.raises(SettingsUnusable, match="tls_cert and tls_key belong together"):
        load(**{name: "a.pem"})
    found = load(tls_cert="a.pem", tls_key="b.pem")
    assert (found.tls_cert, found.tls_key) == (Path("a.pem"), Path("b.pem"))


@pytest.mark.parametrize("wrong", [{"tls_cert": "a.pem"}, {"slots": 0}, {"trusted_proxies": "x"}])
def test_an_error_tells_no_secret(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsUnusable) as caught:
        load(secret_key=SECRET, **wrong)
    for part in (SECRET[:8], SECRET[-8:]):
        assert part not in str(caught.value)
    assert SECRET not in repr(load(secret_key=SECRET))


@pytest.mark.parametrize("name", ["collect_rate", "source_rate", "address_rate", "sockets"])
@pytest.mark.parametrize("value", ["-1", "nan", "many"])
def test_limits_are_numbers_that_limit(name: str, value: str) -> None:
    with pytest.raises(SettingsUnusable):
        load(**{name: value})


def test_networks_are_listed_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADGATE_TRUSTED_PROXIES", " 10.0.0.0/8, 192.0.2.7,::1 ,")
    assert load().trusted_proxies == (
        ip_network("10.0.0.0/8"),
        ip_network("192.0.2.7/32"),
        ip_network("::1/128"),
    )


def others(policy: DeliveryPolicy | Ages) -> dict[str, Any]:
    """Another value for every number of a policy, within its bounds."""
    given: dict[str, Any] = {}
    for name, value in policy:
        if value is None:
            given[name] = 9.5
        elif isinstance(value, tuple):
            given[name] = tuple(each / 2 for each in value)
        elif isinstance(value, int):
            given[name] = value - 1 if value > 1 else value + 1
        else:
            given[name] = value * 0.75
    return given


def test_a_child_has_the_settings_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    given = load(
        data="other",
        store="postgresql://headgate:secret@db.example.org/headgate",
        api_calls_a_minute=7,
        config_calls_a_minute=8,
        collect="[::]:1",
        control="127.0.0.1:2",
        collect_processes=3,
        deliver_processes=2,
        public_url="https://events.example.org",
        console_url="https://headgate.example.org",
        session_days=2.5,
        session_idle_hours=1,
        tls_cert="a.pem",
        tls_key="b.pem",
        trusted_proxies="10.0.0.0/8,::1",
        collect_rate=0.5,
        source_rate=2,
        address_rate=3,
        sockets=0,
        address_sockets=9,
        egress_allow="127.0.0.0/8",
        nameservers="192.0.2.1,192.0.2.2:5353",
        retention_bytes=1,
        secret_key=SECRET,
        secret_key_old=SECRET[::-1],
        **others(DeliveryPolicy()),
        **others(Ages()),
    )
    defaults = load()
    same = {
        name for name in Settings.model_fields if getattr(given, name) == getattr(defaults, name)
    }
    assert same == set(), "a new setting must be passed on, too"
    for name, value in given.environment().items():
        monkeypatch.setenv(name, value)
    absolute = {name: getattr(given, name).absolute() for name in ("data", "tls_cert", "tls_key")}
    assert load() == given.model_copy(update=absolute)


def test_the_environment_of_unset_settings_sets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = load(data=Path("headgate-data").absolute())
    for name, value in load().environment().items():
        monkeypatch.setenv(name, value)
    assert load() == defaults


@pytest.mark.parametrize(
    "url",
    [
        "events.example.org",
        "ftp://events.example.org",
        "https://u:p@example.org",
        "https://e.org/?a=1",
    ],
)
def test_a_public_url_is_an_address_that_everybody_may_know(url: str) -> None:
    with pytest.raises(SettingsUnusable, match="public_url"):
        load(public_url=url)


def test_a_public_url_may_have_a_path() -> None:
    assert load(public_url="https://example.org/events/").public_url == "https://example.org/events"


@pytest.mark.parametrize(
    "store",
    [
        "store.db",
        "mysql://u:s3cret@db/headgate",
        "postgresql:/u:s3cret@db/headgate",
        "postgresql://u:s3@cret@db/headgate",
        "postgresql://u:s3/cret@db/headgate",
        "postgresql://u@db/headgate?password=s3@cret",
    ],
)
def test_an_address_of_the_store_that_would_be_misread_is_refused_and_not_told(store: str) -> None:
    with pytest.raises(SettingsUnusable, match="store") as refused:
        load(store=store)
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize(
    "store",
    [
        "sqlite",
        "postgres://headgate",
        "postgresql://u:s3%40cret@a:5432,b:5433/headgate?target_session_attrs=read-write",
        "postgresql:///headgate?host=/run/postgresql",
    ],
)
def test_what_libpq_reads_is_an_address_of_the_store_and_not_shown(store: str) -> None:
    settings = load(store=store)
    assert settings.store == store
    assert "cret" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "headgate.example.org",
        "ftp://headgate.example.org",
        "https://",
        "https://headgate.example.org/app",
        "https://headgate.example.org?x",
        "https://headgate.example.org#x",
        "https://ada:secret@headgate.example.org",
    ],
)
def test_the_address_of_the_web_app_is_an_origin(url: str) -> None:
    with pytest.raises(SettingsUnusable, match="console_url") as caught:
        load(console_url=url)
    assert "secret" not in str(caught.value)
    found = load(console_url="https://headgate.example.org:8443/")
    assert found.console_url == "https://headgate.example.org:8443"
    assert found.environment()["HEADGATE_CONSOLE_URL"] == found.console_url
