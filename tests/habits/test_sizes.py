from __future__ import annotations

import ast

from tests.habits.source import code, parsed, shown

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

FILES: dict[str, str] = {}
"""Longer files, each with its reason: this list may only shrink."""

FUNCTIONS: dict[str, str] = {}
"""Longer functions as `path::name`, each with its reason: this list may only shrink."""


def file_lengths() -> dict[str, int]:
    return {shown(path): len(path.read_text().splitlines()) for path in code()}


def function_lengths() -> dict[str, int]:
    return {
        f"{shown(path)}::{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in code()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_no_file_is_longer_than_400_lines() -> None:
    long = {name: n for name, n in file_lengths().items() if n > LONGEST_FILE}
    assert {name: n for name, n in long.items() if name not in FILES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = {name: n for name, n in function_lengths().items() if n > LONGEST_FUNCTION}
    assert {name: n for name, n in long.items() if name not in FUNCTIONS} == {}


def test_every_exception_is_still_needed() -> None:
    files, functions = file_lengths(), function_lengths()
    assert [name for name in FILES if files.get(name, 0) <= LONGEST_FILE] == []
    assert [name for name in FUNCTIONS if functions.get(name, 0) <= LONGEST_FUNCTION] == []
