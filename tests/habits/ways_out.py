"""Where the program could reach the network: what its source imports, calls and constructs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.habits.source import PACKAGE, package_code, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIBRARIES: Final = (
    *("pycurl", "pycares", "urllib.request", "http.client", "urllib3", "requests", "httpx"),
    *("aiohttp", "websockets", "dns", "smtplib", "ftplib", "poplib", "imaplib", "telnetlib"),
    *("xmlrpc.client", "segment", "paramiko", "grpc", "botocore", "boto3"),
)
"""What is imported to talk to others, and everything below it."""
CALLS: Final = frozenset(
    (
        *("open_connection", "create_connection", "open_unix_connection"),
        *("create_unix_connection", "create_datagram_endpoint", "sock_connect", "sock_sendto"),
        *("connect_ex", "urlopen", "getaddrinfo", "gethostbyname", "socketpair"),
        *("CurlTransport", "H1Transport", "HttpTransport", "open_transport", "Http"),
    )
)
"""Calls that open a connection, ask for a name, or make what does."""
OF_SOCKETS: Final = frozenset({"connect", "sendto", "sendmsg"})
"""Calls that do so in a module that imports `socket`; elsewhere they are those of databases."""


class WayOut(NamedTuple):
    """A function, as `module:name`, or a module; and by what it could reach the network."""

    place: str
    by: str


def ways_out() -> frozenset[WayOut]:
    """All that is found in the program's source."""
    return frozenset(found for path in package_code() for found in of_module(path))


def module_of(path: Path) -> str:
    parts = ("headgate", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


def of_module(path: Path) -> Iterator[WayOut]:
    tree = parsed(path)
    return found_in(tree, module_of(path))


def found_in(tree: ast.Module, module: str) -> Iterator[WayOut]:
    """Imports belong to the module, calls to the function around them."""
    imported = set(_imported(tree))
    yield from (WayOut(module, each) for each in LIBRARIES if _has(imported, each))
    wanted = CALLS | OF_SOCKETS if "socket" in imported else CALLS
    for place, call in _calls(tree, ()):
        name = _name(call)
        if name in wanted:
            yield WayOut(f"{module}:{'.'.join(place)}", name)


def _has(imported: set[str], library: str) -> bool:
    return any(name == library or name.startswith(f"{library}.") for name in imported)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _calls(node: ast.AST, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield place, child
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _calls(child, (*place, child.name))
        else:
            yield from _calls(child, place)


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(ast.Name(name)):
            return name
    return ""
