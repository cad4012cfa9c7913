from __future__ import annotations

import re

from tests.habits.source import ROOT, files, shown

LINK = re.compile(r"\]\((?!\w+:|#)([^)#]+)")


def pages() -> dict[str, str]:
    return {shown(path): path.read_text() for path in files() if path.suffix == ".md"}


def test_every_link_between_pages_leads_somewhere() -> None:
    links = [(name, target) for name, text in pages().items() for target in LINK.findall(text)]
    assert len(links) > len(pages())
    assert [link for link in links if not ((ROOT / link[0]).parent / link[1]).exists()] == []


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text()
    listed = {f"docs/{target}" for target in LINK.findall(index)}
    documented = {name for name in pages() if name.startswith("docs/")} - {"docs/index.md"}
    assert documented - listed == set()


def test_the_quick_start_declares_what_the_example_does() -> None:
    example = (ROOT / "docs" / "examples" / "webhook.yaml").read_text()
    assert example in (ROOT / "docs" / "quickstart.md").read_text()


def test_the_readme_fits_on_a_screen_and_starts_with_the_two_commands() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    commands = [line for line in lines if line.startswith("python3 run.py")]
    assert commands[:2] == ["python3 run.py demo", "python3 run.py test"]
    assert len(lines) <= 60
