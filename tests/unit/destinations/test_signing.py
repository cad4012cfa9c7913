"""Signatures are checked by other means than those that make them."""

from __future__ import annotations

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


@pytest.mark.parametrize("secret", ["abc", WHSEC])
def test_the_guides_python_tells_genuine_from_forged(secret: str, tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(example("python"), "utf-8")
    is_genuine = runpy.run_path(str(tmp_path / "example.py"))["is_genuine"]
    now = int(time.time())
    assert is_genuine(secret, signed(secret, at=now), BODY)
    assert not is_genuine(secret, signed(secret, at=now), BODY + b" ")
    assert not is_genuine("other", signed(secret, at=now), BODY)
    assert not is_genuine(secret, signed(secret, at=now - 1000), BODY)


@pytest.mark.node
@pytest.mark.parametrize("secret", ["abc", "schlüssel", WHSEC])
def test_node_and_the_guides_javascript_agree(
    secret: str, needs: Callable[[str, str], Path]
) -> None:
    node = needs("node", "install Node.js 20 or newer")
    now = int(time.time())
    cases = [
        (secret, signed(secret, at=now), BODY),
        (secret, signed(secret, at=now), BODY + b" "),
        ("other", signed(secret, at=now), BODY),
        (secret, signed(secret, at=now - 1000), BODY),
    ]
    program = f"""{example("javascript")}
        const cases = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
        const genuine = cases.map(([s, h, b]) => isGenuine(s, h, Buffer.from(b, "base64")));
        const sha1 = createHmac("sha1", cases[0][0]).update(Buffer.from(cases[0][2], "base64"));
        console.log(JSON.stringify([genuine, sha1.digest("hex")]));
    """
    text = json.dumps([(s, h, base64.b64encode(b).decode()) for s, h, b in cases])
    run = subprocess.run(
        [node, "-e", program], input=text, capture_output=True, text=True, check=True
    )
    genuine, segments = json.loads(run.stdout)
    assert genuine == [True, False, False, False]
    assert segments == signed(secret)["X-Signature"]
