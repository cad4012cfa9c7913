"""The repository's own files, as the tests of habits look at them."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "headgate"


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def files() -> tuple[Path, ...]:
    """Return every file that belongs to the repository, by the names in `.gitignore`."""
    lines = (ROOT / ".gitignore").read_text().splitlines()
    ignored = [".git", *(line.rstrip("/") for line in lines if line)]
    return tuple(sorted(kept(ROOT, ignored)))


def kept(folder: Path, ignored: list[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if any(fnmatch(path.name, pattern) for pattern in ignored):
            continue
        if path.is_dir():
            yield from kept(path, ignored)
        else:
            yield path


def code() -> tuple[Path, ...]:
    """Return every Python file."""
    return tuple(path for path in files() if path.suffix == ".py")


def package_code() -> tuple[Path, ...]:
    return tuple(path for path in code() if path.is_relative_to(PACKAGE))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Name what a file imports, wherever in the file: `a`, and for `from a import b` also `a.b`."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers(library: str) -> set[str]:
    """Name the top-level parts of Headgate that import `library`: `store`, `kit`, `services`."""
    return {
        path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for path in package_code()
        if any(name == library or name.startswith(f"{library}.") for name in imports(path))
    }
