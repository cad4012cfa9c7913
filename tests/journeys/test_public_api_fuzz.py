"""The Public API under calls that a machine makes up from its own document, as everybody."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.api.openapi import document
from headgate.api.public.calls import OPERATIONS
from headgate.control.access.roles import ROLES
from tests.harness.fixtures import tell

if TYPE_CHECKING:
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
WITHOUT_A_LIMIT = {"HEADGATE_API_CALLS_A_MINUTE": "10000000"}


def served() -> dict[str, Any]:
    """The document with what is there: what answers 501 has nothing to keep to."""
    return only(document(), set(OPERATIONS))


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
    headgate: Headgate, told: dict[str, Any], role: str, seconds: float
) -> subprocess.CompletedProcess[str]:
    """So many seconds of calls with a token of a role."""
    file = headgate.folder / f"{role}.json"
    file.write_text(json.dumps(told))
    made = headgate.run("token", "create", role, "--role", role, "--json")
    token = msgspec.json.decode(made)["token"]
    command = [str(SCHEMATHESIS), "run", str(file), "--url", headgate.ready.control]
    command += ["--header", f"Authorization: Bearer {token}", "--max-time", f"{seconds:g}"]
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
    ("roles", "seconds"),
    [
        (("owner", "source_read_only"), 12),
        pytest.param(tuple(ROLES), 1800 / len(ROLES), marks=pytest.mark.full),
    ],
)
def test_no_made_up_call_breaks_anything(
    start: Start, roles: tuple[str, ...], seconds: float
) -> None:
    headgate = start(environ=WITHOUT_A_LIMIT)
    for role in roles:
        done = made_up(headgate, served(), role, seconds)
        cases = [line.strip() for line in done.stdout.splitlines() if "generated" in line]
        tell(f"{role}, {seconds:g} s: {' '.join(cases)}")
        assert done.returncode == 0, done.stdout[-6000:]
    assert '"request.broke"' not in headgate.logs()


def test_an_answer_that_its_document_does_not_allow_is_found_out(start: Start) -> None:
    told = only(document(), {"get_workspace"})
    told["components"]["schemas"]["WorkspaceV1"]["required"].append("nobodyHasThis")
    done = made_up(start(environ=WITHOUT_A_LIMIT), told, "owner", 5)
    assert done.returncode == 1
    assert "Response violates schema" in done.stdout, done.stdout
