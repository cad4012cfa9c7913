"""libcurl's result codes in the words of our port."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pycurl

if TYPE_CHECKING:
    from headgate.kit.errors import TransportKind

NOT_CONNECTED = frozenset({pycurl.E_COULDNT_CONNECT, pycurl.E_OPERATION_TIMEDOUT})
"""Codes after which the next address may be tried, when nothing was sent yet."""

_TOO_LARGE = 100
_KINDS: dict[int, TransportKind] = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_CONNECT: "connect",
    pycurl.E_OPERATION_TIMEDOUT: "timeout",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_SSL_CERTPROBLEM: "tls",
    pycurl.E_SSL_CIPHER: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "tls",
    pycurl.E_SSL_CACERT_BADFILE: "tls",
    pycurl.E_SSL_ISSUER_ERROR: "tls",
    pycurl.E_SSL_INVALIDCERTSTATUS: "tls",
    pycurl.E_PARTIAL_FILE: "reset",
    pycurl.E_GOT_NOTHING: "reset",
    pycurl.E_SEND_ERROR: "reset",
    pycurl.E_SEND_FAIL_REWIND: "reset",
    pycurl.E_HTTP2: "reset",
    92: "reset",  # a stream of HTTP/2 was ended
    pycurl.E_FILESIZE_EXCEEDED: "too_large",
    _TOO_LARGE: "too_large",
}
_BROKEN = ("Recv failure", "OpenSSL SSL_read", "Connection reset", "HTTP/2")


def kind_of(code: int, message: str) -> TransportKind:
    """Say what a result means to us.

    What libcurl could not receive is one code for a connection that broke and for bytes that
    are no HTTP: only its message tells them apart.
    """
    if code == pycurl.E_RECV_ERROR:
        return "reset" if message.startswith(_BROKEN) else "protocol"
    return _KINDS.get(code, "protocol")
