"""Signatures are checked by other means than those that make them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import runpy
import subprocess
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from headgate.destinations.webhook import signing
from headgate.mapping.javascript import stringify
from tests.unit.destinations.test_webhook import deliver

BODY = stringify({"total": 27.0, "note": "für Ada \u2028", "1": None})
WHSEC = "whsec_" + base64.b64encode(b"\x00a secret of bytes\xff").decode()


def mac(hash_: Callable[[bytes], Any], key: bytes, message: bytes) -> bytes:
    """HMAC as RFC 2104 spells it out, for keys up to 64 bytes."""
    padded = key.ljust(64, b"\0")
    inner = hash_(bytes(b ^ 0x36 for b in padded) + message).digest()
    outer: bytes = hash_(bytes(b ^ 0x5C for b in padded) + inner).digest()
    return outer


def signed(secret: str | None, body: bytes = BODY, at: int = 1_767_323_045) -> dict[str, str]:
    return signing.headers(body, message_id="msg-1", secret=secret, at=at)


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("abc", b"abc"),
        ("schlüssel", "schlüssel".encode()),
        (WHSEC, b"\x00a secret of bytes\xff"),
    ],
)
def test_a_signature_of_standard_webhooks_is_over_id_time_and_body(secret: str, key: bytes) -> None:
    headers = signed(secret)
    expected = base64.b64encode(mac(hashlib.sha256, key, b"msg-1.1767323045." + BODY)).decode()
    assert headers["webhook-id"] == "msg-1"
    assert headers["webhook-timestamp"] == "1767323045"
    assert headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize("secret", ["abc", "schlüssel", WHSEC])
def test_segments_signature_takes_the_secret_as_it_is_written(secret: str) -> None:
    expected = mac(hashlib.sha1, secret.encode(), BODY).hex()
    assert signed(secret)["X-Signature"] == expected


def test_segments_signature_is_the_one_segment_makes() -> None:
    """Taken from a run of the published destination with this secret and data."""
    body = stringify({"testKey": "testValue"})
    signature = signed("str_sharedSecret", body)["X-Signature"]
    assert signature == "2c78a62b3684f66e910baa7cf6fe3ba3f2e57c3e"


def test_the_example_of_the_standard_holds() -> None:
    """The signature that its published test vector gives."""
    headers = signing.headers(
        b'{"test": 2432232314}',
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",  # noqa: S106 - the published one
        at=1614265330,
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["whsec_!", "whsec_abc", "whsec_a b="])
def test_a_secret_that_is_no_base64_has_no_key(secret: str) -> None:
    with pytest.raises(ValueError, match="must be base64"):
        signing.key(secret)


def example(language: str) -> str:
    """The code of one language in the guide."""
    guide = files("headgate.destinations.webhook").joinpath("guide.md").read_text("utf-8")
    (code,) = re.findall(rf"```{language}\n(.*?)```", guide, re.DOTALL)
    return str(code)


def genuine(secret: str) -> tuple[dict[str, str], bytes]:
    """A request of the destination itself, as a receiver has it."""
    stored = {"url": "https://example.com/", "data": {"@path": "$.properties"}}
    event = {"type": "track", "properties": {"total": 27.0, "note": "für Ada \u2028"}}
    clock = {"clock": time.time, "idempotency_key": "msg-1"}
    request = asyncio.run(deliver(stored, event, {"sharedSecret": secret}, **clock))
    return {name.lower(): value for name, value in request.headers}, request.body


class Copied:
    """The guide's Python, as somebody copied it; `later` is how far its clock has gone on."""

    def __init__(self, folder: Path) -> None:
        (folder / "example.py").write_text(example("python"), "utf-8")
        self.code = runpy.run_path(str(folder / "example.py"))
        self.later, self.seen, self.handled = 0.0, set[str](), list[bytes]()
        self.code["receive"].__globals__["time"] = self

    def time(self) -> float:
        return time.time() + self.later

    def receive(self, secret: str, headers: dict[str, str], body: bytes) -> int:
        status: int = self.code["receive"](secret, headers, body, self.seen, self.handled.append)
        return status


@pytest.fixture
def copied(tmp_path: Path) -> Copied:
    return Copied(tmp_path)


@pytest.mark.parametrize("secret", ["abc", "schlüssel", WHSEC])
def test_the_guides_python_handles_a_request_of_ours_once(secret: str, copied: Copied) -> None:
    headers, body = genuine(secret)
    assert copied.receive("other", headers, body) == 401
    assert [copied.receive(secret, headers, body) for _ in range(3)] == [200, 200, 200]
    assert copied.handled == [body]
    more = headers["webhook-signature"] + " v1,of-another-secret v2,unknown"
    assert copied.receive(secret, headers | {"webhook-signature": more}, body) == 200


def test_the_guides_python_handles_again_what_it_failed_to_handle(copied: Copied) -> None:
    headers, body = genuine("abc")

    def broken(_: bytes) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        copied.code["receive"]("abc", headers, body, copied.seen, broken)
    assert copied.receive("abc", headers, body) == 200
    assert copied.handled == [body]


@pytest.mark.abuse("ac_sec_sig_replay")
def test_the_guides_python_refuses_what_is_ten_minutes_old(copied: Copied) -> None:
    headers, body = genuine("abc")
    for copied.later, status in ((290, 200), (310, 401), (600, 401), (-310, 401)):
        assert copied.receive("abc", headers, body) == status, copied.later
    assert copied.handled == [body]


@pytest.mark.abuse("ac_sec_sig_tamper")
@pytest.mark.parametrize("secret", ["abc", WHSEC])
def test_the_guides_python_refuses_any_byte_that_was_changed(secret: str, copied: Copied) -> None:
    headers, body = genuine(secret)
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert copied.receive(secret, headers, changed) == 401
    for changed in (b"", body + b" ", body[:-1]):
        assert copied.receive(secret, headers, changed) == 401
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        text = headers[name]
        for at in range(len(text)):
            other = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
            assert copied.receive(secret, headers | {name: other}, body) == 401, (name, other)
        left = {key: value for key, value in headers.items() if key != name}
        assert copied.receive(secret, left, body) == 401
        for odd in ("", "-1", "1e9", "²", "nan"):
            assert copied.receive(secret, headers | {name: odd}, body) == 401
    assert copied.handled == []
    assert copied.receive(secret, headers, body) == 200


@pytest.mark.node
@pytest.mark.parametrize("secret", ["abc", "schlüssel", WHSEC])
def test_node_and_the_guides_javascript_agree(
    secret: str, needs: Callable[[str, str], Path]
) -> None:
    node = needs("node", "install Node.js 20 or newer")
    headers, body = genuine(secret)
    now = int(time.time())
    cases = [
        (secret, headers, body),
        (secret, headers, body),
        (secret, headers, body + b" "),
        ("other", headers, body),
        (secret, headers | {"webhook-id": "msg-2"}, body),
        (secret, headers | {"webhook-timestamp": str(now + 1)}, body),
        (secret, headers | {"webhook-timestamp": "1e9"}, body),
        (secret, signed(secret, body, now - 600), body),
        (secret, {}, body),
    ]
    program = f"""{example("javascript")}
        const cases = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
        const seen = new Set(), handled = [];
        const statuses = cases.map(([s, h, b]) =>
          receive(s, h, Buffer.from(b, "base64"), seen, (each) => handled.push(each)));
        const sha1 = createHmac("sha1", cases[0][0]).update(Buffer.from(cases[0][2], "base64"));
        console.log(JSON.stringify([statuses, handled.length, sha1.digest("hex")]));
    """
    text = json.dumps([(s, h, base64.b64encode(b).decode()) for s, h, b in cases])
    run = subprocess.run(
        [node, "-e", program], input=text, capture_output=True, text=True, check=True
    )
    statuses, handled, segments = json.loads(run.stdout)
    assert (statuses, handled) == ([200, 200, *[401] * 7], 1)
    assert segments == headers["x-signature"]
