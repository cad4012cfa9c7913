"""The control address: what operators are told, and how it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.folder import DataFolder
from headgate.presence import Presence, RoleLock
from headgate.services.operations import Operations
from headgate.services.parts import tls_context
from headgate.settings import load
from tests.harness.certificates import Authority

if TYPE_CHECKING:
    from pathlib import Path


def test_health_is_that_of_every_role_but_the_supervisor(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path).make()
    operations = Operations(folder)
    assert operations.health() == (False, {"ready": False, "roles": {}})
    lock = RoleLock(folder.run, "collect")
    for is_ready in (False, True):
        lock.say(Presence(role="collect", index=0, pid=1, ready=is_ready))
        told = {"ready": is_ready, "roles": {"collect-0": is_ready}}
        assert operations.health() == (is_ready, told)
    lock.release()


def test_metrics_are_what_each_process_said_last(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path).make()
    operations = Operations(folder)
    assert b"headgate_up" in operations.metrics()
    lock = RoleLock(folder.run, "deliver")
    lock.say(Presence(role="deliver", index=0, pid=1, ready=True, counters={"delivered": 7.0}))
    told = operations.metrics()
    assert b'headgate_deliver_delivered_total{index="0"} 7.0' in told
    assert b'headgate_up{index="0",role="deliver"} 1.0' in told
    lock.release()


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    path, other = Authority(tmp_path).file("localhost"), Authority(tmp_path).file("localhost", 2)
    (tmp_path / "empty.pem").write_bytes(b"")
    for cert, key in (("missing", path), (path, "missing"), ("empty.pem", path), (path, other)):
        settings = load(tls_cert=tmp_path / cert, tls_key=tmp_path / key)
        with pytest.raises(ValueError, match="cannot be used") as caught:
            tls_context(settings)
        assert str(settings.tls_cert) in str(caught.value)
        assert str(settings.tls_key) in str(caught.value)


def test_without_a_certificate_nothing_is_encrypted() -> None:
    assert tls_context(load(tls_cert=None)) is None
