from __future__ import annotations

import ast
import re

import pytest

from tests.habits.source import ROOT, code, parsed, shown

NEXT_SENTENCE = re.compile(r"[.!?]\s+[A-Z]")

DESCRIBED = [path for path in code() if not shown(path).startswith("tests/")]


def first_paragraph(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


@pytest.mark.parametrize("name", [shown(path) for path in DESCRIBED])
def test_every_module_says_in_one_sentence_what_it_is(name: str) -> None:
    sentence = first_paragraph(ast.get_docstring(parsed(ROOT / name)) or "")
    assert sentence.endswith((".", "?", "!")), f"{name}: {sentence!r} is no sentence"
    assert not NEXT_SENTENCE.search(sentence), f"{name}: {sentence!r} is more than one sentence"
