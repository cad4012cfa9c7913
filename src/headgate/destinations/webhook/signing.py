"""The headers that prove where a webhook comes from."""

import base64
import binascii
import hmac
from functools import lru_cache

_PREFIX = "whsec_"


def headers(body: bytes, *, message_id: str, secret: str | None, at: int) -> dict[str, str]:
    """Give the headers of one webhook; `at` is its time in seconds since 1970.

    `webhook-*` are those of Standard Webhooks, over the whole body. `X-Signature` is Segment's,
    over the JSON of the data, which is the body; without data there is none. For a batch the body
    is the list of all data, where Segment signs the first one alone.
    """
    described = {"Content-Type": "application/json"} if body else {}
    described |= {"webhook-id": message_id, "Idempotency-Key": message_id}
    if secret is None:
        return described
    if body:
        described["X-Signature"] = hmac.digest(secret.encode(), body, "sha1").hex()
    signed = b"%b.%d.%b" % (message_id.encode(), at, body)
    signature = base64.b64encode(hmac.digest(key(secret), signed, "sha256")).decode()
    return described | {"webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}"}


@lru_cache(maxsize=1024)
def key(secret: str) -> bytes:
    """Read a secret as Standard Webhooks do: base64 after `whsec_`, else the text itself.

    Raises `ValueError` when what follows `whsec_` is no base64.
    """
    if not secret.startswith(_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("what follows whsec_ in the shared secret must be base64") from None
