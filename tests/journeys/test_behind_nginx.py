"""Collection behind nginx, as the guide for operators sets it up."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.harness.certificates import Authority
from tests.harness.declarations import KEY, declaration
from tests.harness.receiver import until
from tests.harness.sending import basic, track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.harness.fixtures import Start

GUIDE = (Path(__file__).parents[2] / "docs/guides/run-collection.md").read_text(encoding="utf-8")
PROXY, CLIENT, INVENTED = "127.0.0.1", "127.0.0.2", "198.51.100.9"
SECONDS = 10.0
CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    {site}
}}
"""


def site(collect: str, port: int, certificate: Path) -> str:
    """The example of the guide, with the addresses and files of this test."""
    found = re.search(r"```nginx\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    text = found[1]
    for said, meant in (
        ("127.0.0.1:8080", urlsplit(collect).netloc),
        ("listen 443 ssl", f"listen {PROXY}:{port} ssl"),
        ("/etc/ssl/events.example.org.pem", str(certificate)),
        ("/etc/ssl/events.example.org.key", str(certificate)),
        ("server_name events.example.org", "server_name localhost"),
    ):
        assert text.count(said) == 1, said
        text = text.replace(said, meant)
    return text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((PROXY, 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((PROXY, port)) == 0


@pytest.fixture
def program(needs: Callable[[str, str], Path]) -> str:
    return str(needs("nginx", "apt-get install nginx-light"))


@contextmanager
def nginx(program: str, folder: Path, text: str, port: int) -> Iterator[None]:
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, site=text), encoding="utf-8")
    command = [program, "-p", str(folder), "-c", str(file), "-e", str(folder / "start.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(command) as process:
        try:
            until(lambda: is_listening(port), SECONDS, "nginx to listen")
            yield
        finally:
            process.terminate()


class Client:
    """A page on another address of this machine, which also invents one."""

    def __init__(self, port: int, authority: Authority) -> None:
        context = ssl.create_default_context(cafile=authority.ca_file)
        self._line = http.client.HTTPSConnection(
            "localhost", port, source_address=(CLIENT, 0), context=context
        )

    def ask(self, method: str, path: str, content: Any = None) -> tuple[int, Any]:
        headers = {
            "Authorization": basic(KEY),
            "Origin": "https://shop.example",
            "X-Forwarded-For": INVENTED,
        }
        self._line.request(method, path, json.dumps(content), headers)
        answer = self._line.getresponse()
        return answer.status, json.loads(answer.read())

    def close(self) -> None:
        self._line.close()


def said(name: str) -> str:
    """What the guide sets a variable to."""
    found = re.search(rf"{name}=(\S+)", GUIDE)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("variables", "seen"),
    [
        (("HEADGATE_PUBLIC_URL", "HEADGATE_TRUSTED_PROXIES"), CLIENT),
        (("HEADGATE_PUBLIC_URL",), PROXY),
    ],
)
def test_a_client_behind_a_proxy_that_is_trusted_is_known_by_its_own_address(
    start: Start, program: str, tmp_path: Path, variables: tuple[str, ...], seen: str
) -> None:
    environ = {name: said(name) for name in variables}
    authority, port = Authority(tmp_path), free_port()
    headgate = start(environ=environ)
    headgate.apply(declaration())
    text = site(headgate.ready.collect, port, authority.file("localhost"))
    with nginx(program, tmp_path, text, port):
        client = Client(port, authority)
        assert client.ask("POST", "/v1/track", track("by-proxy")) == (200, {"success": True})
        status, settings = client.ask("GET", f"/v1/projects/{KEY}/settings")
        client.close()
    assert (status, settings["integrations"]["Segment.io"]["apiHost"]) == (
        200,
        "events.example.org/v1",
    )
    (line,) = headgate.log_cat()
    assert line.event is not None
    assert line.event["context"]["ip"] == seen
