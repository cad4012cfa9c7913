"""Mistakes in a destination are found by a type checker, before any event."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

PREAMBLE = """\
from collections.abc import Sequence

from headgate.kit import (
    BatchResult, Delivery, Destination, Http, Payload, Response, Settings, field, path,
)


class Account(Settings):
    api_key: str = field("API key", secret=True)


class Other(Settings):
    token: str = field("Token", secret=True)


class Message(Payload):
    text: str = field("Text", mapping=path("$.event"))
    count: int | None = field("Count")


tool = Destination("Tool", settings=Account, docs="https://example.com")

"""


class Case(NamedTuple):
    """A piece of a destination; `error` is what mypy says of it, "" for nothing."""

    name: str
    code: str
    error: str


ACTION = '''
@tool.action("Post")
async def post(http: Http, message: Message, account: Account) -> Response:
    """Post."""
    return await http.post("https://example.com", json={{"x": {expression}}})
'''

CASES = [
    Case("right", ACTION.format(expression="message.text"), ""),
    Case(
        "with_the_delivery",
        """
@tool.action("Post")
async def post(http: Http, message: Message, account: Account, delivery: Delivery) -> Response:
    return await http.post("https://example.com", json=delivery.sync_mode)


@post.batch(up_to=10)
async def post_all(http: Http, messages: Sequence[Message], account: Account) -> BatchResult:
    return [await http.post("https://example.com", json=each.text) for each in messages]
""",
        "",
    ),
    Case(
        "wrong_field",
        ACTION.format(expression="message.txet"),
        '"Message" has no attribute "txet"',
    ),
    Case(
        "wrong_setting",
        ACTION.format(expression="account.key"),
        '"Account" has no attribute "key"',
    ),
    Case(
        "an_optional_field_may_be_none",
        ACTION.format(expression="message.count + 1"),
        "Unsupported operand types",
    ),
    Case(
        "foreign_settings",
        """
@tool.action("Post")
async def post(http: Http, message: Message, other: Other) -> Response:
    return await http.post("https://example.com")
""",
        "[arg-type]",
    ),
    Case(
        "not_async",
        """
@tool.action("Post")
def post(http: Http, message: Message, account: Account) -> Response:
    return Response(200)
""",
        "[arg-type]",
    ),
    Case(
        "no_response",
        """
@tool.action("Post")
async def post(http: Http, message: Message, account: Account) -> str:
    return "done"
""",
        "[arg-type]",
    ),
    Case(
        "a_batch_of_another_payload",
        ACTION.format(expression="1")
        + """
class Another(Payload):
    x: str = field("X")


@post.batch()
async def post_all(http: Http, others: Sequence[Another], account: Account) -> Response:
    return await http.post("https://example.com")
""",
        "[arg-type]",
    ),
    Case(
        "unknown_option_of_a_request",
        """
@tool.check
async def check(http: Http, account: Account) -> Response:
    return await http.get("https://example.com", jsn={})
""",
        'Unexpected keyword argument "jsn"',
    ),
    Case(
        "unknown_option_of_a_field",
        """
class Odd(Payload):
    x: str = field("X", requird=True)
""",
        'Unexpected keyword argument "requird"',
    ),
    Case(
        "a_format_that_is_none",
        """
class Odd(Payload):
    x: str = field("X", format="emial")
""",
        "incompatible type \"Literal['emial']\"",
    ),
    Case(
        "headers_of_foreign_settings",
        'Destination("X", settings=Account, docs="", headers=lambda a: {"k": a.token})',
        '"Account" has no attribute "token"',
    ),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says, by case; it is asked once about all of them."""
    folder = tmp_path_factory.mktemp("typing")
    for case in CASES:
        (folder / f"{case.name}.py").write_text(PREAMBLE + case.code)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--hide-error-context",
    ]
    done = subprocess.run(
        [*command, "--cache-dir", str(ROOT / ".mypy_cache"), "--config-file=", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT / "src",
    )
    assert done.returncode in {0, 1}, done.stderr
    lines = [line for line in done.stdout.splitlines() if ": error:" in line]
    names = {case.name: re.compile(rf"\b{case.name}\.py:") for case in CASES}
    return {
        name: [line for line in lines if pattern.search(line)] for name, pattern in names.items()
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mypy_sees_what_is_wrong(case: Case, told: dict[str, list[str]]) -> None:
    if not case.error:
        assert told[case.name] == []
    else:
        assert any(case.error in line for line in told[case.name]), told[case.name]
