"""The control address: answers operators, whoever else comes."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from headgate.folder import DataFolder
from headgate.services.operations import Operations
from headgate.services.parts import tls_context
from headgate.settings import load
from tests.harness.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 20.0
SOON = 5.0
"""Less than the time that a client has to say something."""


class Asked:
    """The operations of a data folder, and whoever asks them."""

    def __init__(self, operations: Operations, trusted: ssl.SSLContext | None) -> None:
        self.operations, self._trusted = operations, trusted
        self.port = int(operations.address.rpartition(":")[2])

    def get(self, path: str) -> tuple[int, bytes]:
        if self._trusted is None:
            client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        else:
            client = http.client.HTTPSConnection(
                "localhost", self.port, timeout=SECONDS, context=self._trusted
            )
        try:
            client.request("GET", path)
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def silent(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), SECONDS)


@pytest.fixture(params=["http", "https"], scope="module")
def asked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp(request.param)
    served = trusted = None
    if request.param == "https":
        authority = Authority(folder)
        path = authority.file("localhost")
        served = tls_context(load(tls_cert=path, tls_key=path))
        trusted = ssl.create_default_context(cafile=authority.ca_file)
    with running(DataFolder(folder / "data").make(), served) as operations:
        assert operations.address.startswith(f"{request.param}://127.0.0.1:")
        yield Asked(operations, trusted)


@contextmanager
def running(folder: DataFolder, tls: ssl.SSLContext | None) -> Iterator[Operations]:
    operations = Operations(folder, "127.0.0.1", 0, tls)
    operations.start()
    try:
        yield operations
    finally:
        operations.stop()


def test_health_and_metrics_are_answered(asked: Asked) -> None:
    status, body = asked.get("/health")
    assert (status, json.loads(body)) == (503, {"ready": False, "roles": {}})
    status, body = asked.get("/metrics")
    assert status == 200
    assert b"headgate_up" in body
    assert asked.get("/nothing")[0] == 404


def test_who_says_nothing_keeps_nobody_waiting(asked: Asked) -> None:
    with asked.silent(), asked.silent():
        began = time.monotonic()
        assert asked.get("/health")[0] == 503
        assert time.monotonic() - began < SOON


def test_who_says_nothing_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    with running(DataFolder(tmp_path).make(), None) as operations:
        asked = Asked(operations, None)
        with asked.silent(), asked.silent():
            assert asked.get("/health")[0] == 503
            began = time.monotonic()
            operations.stop()
            assert time.monotonic() - began < SOON


@pytest.mark.parametrize("raw", [b"GET /health HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\0", b"\r\n"])
def test_who_says_what_it_should_not_is_no_news(
    asked: Asked, raw: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with asked.silent() as client:
        client.sendall(raw)
        with suppress(OSError):  # it may have been cut off already
            client.shutdown(socket.SHUT_WR)
            client.recv(1000)
    with asked.silent() as client:
        client.sendall(raw)
    assert asked.get("/health")[0] == 503
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err


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
