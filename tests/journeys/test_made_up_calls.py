"""The APIs under calls that a machine makes up from their own documents, as everybody."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from http.cookies import SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest

from headgate.api import openapi
from headgate.api.config import openapi as config
from headgate.api.config.calls import OPERATIONS as OF_CONFIG
from headgate.api.console import openapi as console
from headgate.api.console.calls import OPERATIONS as OF_CONSOLE
from headgate.api.console.ways import WAYS
from headgate.api.public.calls import OPERATIONS
from headgate.control.access.roles import ROLES
from tests.harness.fixtures import tell
from tests.journeys.test_console import PASSWORD, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.harness.fixtures import Start
    from tests.harness.system import Headgate

pytestmark = pytest.mark.alone

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "use_after_free",
)
REFERENCE = re.compile(r"#/components/schemas/(\w+)")
WITHOUT_A_LIMIT = {
    "HEADGATE_API_CALLS_A_MINUTE": "10000000",
    "HEADGATE_CONFIG_CALLS_A_MINUTE": "10000000",
}


class Api(NamedTuple):
    """One of them: what its document says of what is there, and who asks it."""

    name: str
    document: Callable[[], dict[str, Any]]
    operations: Callable[[], set[str]]
    base: str
    headers: Callable[[Headgate, str], list[str]]

    def served(self) -> dict[str, Any]:
        """The document with what is there: what answers 501 has nothing to keep to."""
        return only(self.document(), self.operations())


def with_token(headgate: Headgate, role: str) -> list[str]:
    made = headgate.run("token", "create", role, "--role", role, "--json")
    return [f"Authorization: Bearer {msgspec.json.decode(made)['token']}"]


def with_session(headgate: Headgate, role: str) -> list[str]:
    """Somebody who has just signed in."""
    email, url = f"{role}@example.org", headgate.ready.control
    headgate.run("user", "create", email, "--role", role)
    link = headgate.run("user", "reset", email).decode().strip()
    chosen = {"secret": link.partition("#")[2], "password": PASSWORD}
    assert ask(url, "POST", "/app/api/links/password", chosen).status == 200
    answer = ask(url, "POST", "/app/api/session", {"email": email, "password": PASSWORD})
    cookie = SimpleCookie(answer.headers["set-cookie"])["headgate"].value
    csrf = answer.json["data"]["csrf"]
    return [f"Cookie: headgate={cookie}", f"Origin: {url}", f"X-CSRF-Token: {csrf}"]


def own_of_console() -> set[str]:
    """Not those that never end, or end the session."""
    own = {each.op for each in WAYS if each.needs == "session"} | set(OF_CONSOLE)
    return own - {"sign_out", "watch_source", "end_session"}


PUBLIC = Api("public", openapi.document, lambda: set(OPERATIONS), "", with_token)
CONFIG = Api("config", config.document, lambda: set(OF_CONFIG), "/v1beta", with_token)
OF_PEOPLE = Api("console", console.document, own_of_console, "", with_session)
APIS = (PUBLIC, CONFIG, OF_PEOPLE)
ALL = tuple((api, role) for api in APIS for role in ROLES)


def only(told: dict[str, Any], operations: set[str]) -> dict[str, Any]:
    """A document of these operations, with the schemas that they need."""
    paths = {
        path: found
        for path, methods in told["paths"].items()
        if (found := {m: each for m, each in methods.items() if each["operationId"] in operations})
    }
    known, needed, fresh = told["components"]["schemas"], set[str](), [json.dumps(paths)]
    while fresh:
        found_now = set(REFERENCE.findall(fresh.pop())) - needed
        needed |= found_now
        fresh += [json.dumps(known[name]) for name in found_now]
    components = {**told["components"], "schemas": {name: known[name] for name in needed}}
    return {**told, "paths": paths, "components": components}


def made_up(
    headgate: Headgate, api: Api, role: str, seconds: float, told: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    """So many seconds of calls by somebody with a role."""
    file = headgate.folder / f"{api.name}-{role}.json"
    file.write_text(json.dumps(told))
    url = f"{headgate.ready.control}{api.base}"
    command = [str(SCHEMATHESIS), "run", str(file), "--url", url, "--max-time", f"{seconds:g}"]
    for header in api.headers(headgate, role):
        command += ["--header", header]
    command += ["--checks", ",".join(CHECKS), "--warnings", "off", "--continue-on-failure"]
    return subprocess.run(
        command,
        cwd=headgate.folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=seconds * 3 + 120,
        check=False,
    )


@pytest.mark.timeout(3000)
@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (((PUBLIC, "owner"), (PUBLIC, "source_read_only")), 9),
        (((CONFIG, "owner"), (OF_PEOPLE, "owner")), 6),
        pytest.param(ALL, 1800 / len(ALL), marks=pytest.mark.full),
    ],
    ids=["public", "others", "everybody"],
)
def test_no_made_up_call_breaks_anything(
    start: Start, asked: tuple[tuple[Api, str], ...], seconds: float
) -> None:
    headgate = start(environ=WITHOUT_A_LIMIT)
    for api, role in asked:
        done = made_up(headgate, api, role, seconds, api.served())
        cases = [line.strip() for line in done.stdout.splitlines() if "generated" in line]
        tell(f"{api.name}, {role}, {seconds:g} s: {' '.join(cases)}")
        assert done.returncode == 0, done.stdout[-6000:]
    assert '"request.broke"' not in headgate.logs()


def test_an_answer_that_its_document_does_not_allow_is_found_out(start: Start) -> None:
    told = only(openapi.document(), {"get_workspace"})
    told["components"]["schemas"]["WorkspaceV1"]["required"].append("nobodyHasThis")
    done = made_up(start(environ=WITHOUT_A_LIMIT), PUBLIC, "owner", 5, told)
    assert done.returncode == 1
    assert "Response violates schema" in done.stdout, done.stdout
