from __future__ import annotations

import socket
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pycurl
import pytest

from headgate.deliver.transport.curl_errors import kind_of
from headgate.deliver.transport.curl_handle import Handle, _as_curl_wants, _headers, key_of
from headgate.deliver.transport.egress import Egress
from headgate.kit.http.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = "127.0.0.1"


class Watched:
    """A connection that the other side has closed or not."""

    gone = False

    def connected(self, _handle: Handle) -> None:
        raise AssertionError("plain http shakes no hands")

    def is_gone(self, own_address: str, own_port: int) -> bool:
        return self.gone and (own_address, own_port) == (ADDRESS, 5)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def handle(watched: Watched) -> Iterator[Handle]:
    egress = Egress([ip_network("127.0.0.0/8")])
    origin = egress.check_url(f"http://{ADDRESS}:9000/").origin
    key = key_of(origin, ADDRESS, Request("POST", f"http://{ADDRESS}:9000/"))
    made = Handle(key, origin, egress, "/nowhere", watched)
    yield made
    made.unload()
    made.curl.close()


def dialled(address: str) -> pycurl.CurlSockAddr:
    return pycurl.CurlSockAddr(socket.AF_INET, socket.SOCK_STREAM, 6, (address, 9000))


def ask(handle: Handle, address: str = ADDRESS) -> int:
    return handle._before_sending(address, ADDRESS, 9000, 5)


def test_only_the_checked_address_gets_a_socket(handle: Handle) -> None:
    assert isinstance(handle._open(0, dialled(ADDRESS)), socket.socket)
    assert handle._open(0, dialled("127.0.0.2")) == pycurl.SOCKET_BAD
    assert handle.error(pycurl.E_COULDNT_CONNECT, "x").kind == "blocked"
    assert not handle.unconnected(pycurl.E_COULDNT_CONNECT)


def test_an_address_that_is_allowed_no_more_gets_no_socket(handle: Handle) -> None:
    handle._egress = Egress()
    assert handle._open(0, dialled(ADDRESS)) == pycurl.SOCKET_BAD


def test_a_request_is_written_once(handle: Handle) -> None:
    assert ask(handle) == pycurl.PREREQFUNC_OK
    assert ask(handle) == pycurl.PREREQFUNC_ABORT
    assert handle.error(pycurl.E_ABORTED_BY_CALLBACK, "x").kind == "reset"


def test_a_refused_dial_for_a_second_try_is_the_death_of_the_first(handle: Handle) -> None:
    assert ask(handle) == pycurl.PREREQFUNC_OK
    assert handle.error(pycurl.E_COULDNT_CONNECT, "x").kind == "reset"
    assert not handle.unconnected(pycurl.E_COULDNT_CONNECT)


def test_no_request_is_written_to_another_address(handle: Handle) -> None:
    assert ask(handle, "127.0.0.2") == pycurl.PREREQFUNC_ABORT
    assert handle.error(pycurl.E_ABORTED_BY_CALLBACK, "x").kind == "blocked"


def test_no_request_is_written_to_a_kept_connection_that_is_gone(
    handle: Handle, watched: Watched
) -> None:
    watched.gone = True
    assert ask(handle) == pycurl.PREREQFUNC_ABORT
    assert handle.stale
    handle._open(0, dialled(ADDRESS))
    assert ask(handle) == pycurl.PREREQFUNC_OK
    assert not handle.stale


def test_a_valueless_header_is_told_apart_from_one_to_take_away() -> None:
    lines = _as_curl_wants(["A: b", "C: ", "D:   ", "E: f "])
    assert lines[:4] == [b"A: b", b"C;", b"D;", b"E: f "]


def test_headers_are_those_of_the_final_answer() -> None:
    interim = [b"HTTP/1.1 103 Early\r\n", b"Link: a\r\n", b"\r\n"]
    final = [b"HTTP/2 200 \r\n", b"a:b\r\n", b"C:  d e \r\n", b"X: \xe9:\r\n", b"\r\n"]
    trailers = [b"Late: 1\r\n", b"\r\n"]
    expected = (("a", "b"), ("C", "d e"), ("X", "\u00e9:"))
    assert _headers(interim + final + trailers) == expected
    assert _headers(final) == expected
    assert _headers([b"HTTP/1.1 200 OK\n", b"a: b\n", b"\n"]) == (("a", "b"),)


def test_headers_that_break_off_are_none() -> None:
    assert _headers([]) is None
    assert _headers([b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"]) is None
    assert _headers([b"HTTP/1.1 100 Continue\r\n", b"\r\n", b"HTTP/1.1 200 OK\r\n"]) is None


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (pycurl.E_RECV_ERROR, "Recv failure: Connection reset by peer", "reset"),
        (pycurl.E_RECV_ERROR, "Illegal or missing hexadecimal sequence", "protocol"),
        (pycurl.E_PEER_FAILED_VERIFICATION, "SSL certificate problem", "tls"),
        (pycurl.E_UNSUPPORTED_PROTOCOL, "Received HTTP/0.9 when not allowed", "protocol"),
        (100, "Too large response headers: 307201 > 307200", "too_large"),
        (12345, "something new", "protocol"),
    ],
)
def test_every_code_has_a_kind(code: int, message: str, kind: str) -> None:
    assert kind_of(code, message) == kind
