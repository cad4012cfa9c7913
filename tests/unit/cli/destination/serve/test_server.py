from __future__ import annotations

import http.client
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from headgate.cli.destination.serve.child import Orders
from headgate.cli.destination.serve.process import Ended
from headgate.cli.destination.serve.reloading import Reloading
from headgate.cli.destination.serve.server import PAGES, Server, listening
from headgate.cli.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = """
from headgate.kit import Destination, Http, Payload, Response, Settings, field, path

class P(Payload):
    user: str = field("User", mapping=path("$.userId"))

acme = Destination("{name}", settings=Settings, docs="")

@acme.action("Send")
async def send(http: Http, it: P, _: Settings) -> Response:
    if it.user == "fatal":
        import os
        os._exit(3)
    return await http.post("https://api.test/{name}", json=it.user)
"""


class Project:
    """A destination in a folder, served."""

    def __init__(self, folder: Path, server: Server, served: Reloading) -> None:
        self.file, self.server, self.served = folder / "__init__.py", server, served

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=30)
        given = {"Content-Type": "application/json", **headers}
        connection.request(method, path, None if body is None else json.dumps(body), given)
        answer = connection.getresponse()
        read = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return read

    def save(self, text: str) -> None:
        """Save the file as editors do, and wait until it is in force."""
        number = self.served.version.number
        self.file.write_text(text)
        assert self.served.newer(number, 30) is not None


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("project") / "acme_served"
    folder.mkdir()
    (folder / "__init__.py").write_text(CODE.format(name="Acme"))
    with Reloading(Orders(str(folder))) as served, listening(served, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Project(folder, server, served)
        server.shutdown()
        thread.join()


def url(answer: tuple[int, dict[str, str], bytes]) -> str:
    assert answer[0] == 200
    shown: Any = json.loads(answer[2])
    return str(shown[0]["request"]["url"])


def test_the_page_is_served_with_what_it_loads_and_nothing_from_elsewhere(
    project: Project,
) -> None:
    for path in PAGES:
        status, headers, content = project.ask("GET", path)
        assert status == 200
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert b"https://" not in content
    for path in PAGES:
        assert path == "/" or path.encode() in b"".join(project.ask("GET", p)[2] for p in PAGES)


def test_it_listens_on_this_machine_alone(project: Project) -> None:
    assert project.server.server_address[0] == "127.0.0.1"


def test_foreign_names_and_origins_are_refused(project: Project) -> None:
    assert project.ask("GET", "/", Host="evil.example")[0] == 403
    assert project.ask("POST", "/send", {}, Origin="https://evil.example")[0] == 403
    assert project.ask("POST", "/send", {}, **{"Content-Type": "text/plain"})[0] == 403


def test_a_body_needs_a_length_that_is_not_too_large(project: Project) -> None:
    assert project.ask("POST", "/send", **{"Content-Length": str(1 << 40)})[0] == 413
    assert project.ask("POST", "/send", **{"Content-Length": "x"})[0] == 411


def test_saved_code_is_in_force_and_broken_code_is_told(project: Project) -> None:
    event = {"payload": {"userId": "u-1"}}
    assert url(project.ask("POST", "/send", event)).endswith("/Acme")
    project.save(CODE.format(name="Second"))
    assert url(project.ask("POST", "/send", event)).endswith("/Second")
    project.save("this is no Python")
    assert "__init__.py:1" in project.served.version.failed
    status, _, content = project.ask("POST", "/send", event)
    assert status == 503
    assert "__init__.py:1" in json.loads(content)["error"]
    project.save(CODE.format(name="Third"))
    assert url(project.ask("POST", "/send", event)).endswith("/Third")


def test_code_that_ends_its_process_is_told_and_the_next_save_mends_it(project: Project) -> None:
    with pytest.raises(Ended, match="ended"):
        project.served.ask("POST", "/send", b'{"payload": {"userId": "fatal"}}')
    assert project.ask("POST", "/send", {})[0] == 503
    project.save(CODE.format(name="Mended"))
    assert url(project.ask("POST", "/send", {"payload": {"userId": "u"}})).endswith("/Mended")


def test_news_tell_the_version_and_each_reload(project: Project) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", project.server.server_port, timeout=30)
    connection.request("GET", "/-/news")
    news = connection.getresponse()
    first = json.loads(news.readline().removeprefix(b"data: "))
    assert (first["number"], first["failed"]) == (project.served.version.number, "")
    news.readline()
    project.save(CODE.format(name="News"))
    assert json.loads(news.readline().removeprefix(b"data: "))["number"] == first["number"] + 1
    connection.close()


def test_a_port_that_is_taken_is_named(project: Project) -> None:
    port = project.server.server_port
    with pytest.raises(Failed, match=f"port {port}"), listening(project.served, port):
        pass


def test_a_destination_that_cannot_be_loaded_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no destination"):
        Reloading(Orders(str(tmp_path)))
    code = tmp_path / "acme_settings"
    code.mkdir()
    (code / "__init__.py").write_text(CODE.format(name="Acme"))
    with pytest.raises(Failed, match="cannot be read"):
        Reloading(Orders(str(code), str(tmp_path / "none.json")))
