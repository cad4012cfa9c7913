from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import run

FILES = ("pyproject.toml", "requirements/run.lock", "requirements/test.lock")


class Project:
    """A project folder in which `run` makes empty environments and counts its steps."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.steps: list[str] = []
        for name in FILES:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(name)

    def make_venv(self, _uv: str | None) -> None:
        self.steps.append("venv")
        run.HEADGATE.parent.mkdir(parents=True, exist_ok=True)
        run.PYTHON.unlink(missing_ok=True)
        run.PYTHON.symlink_to(sys.executable)

    def install(self, _pip: list[str], level: str) -> bool:
        self.steps.append(level)
        run.HEADGATE.touch()
        return True

    def prepare(self, level: str) -> list[str]:
        """Prepare the environment and return the steps that it took."""
        self.steps.clear()
        run.prepare(level)
        return list(self.steps)


def move_to(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VENV", "PYTHON", "HEADGATE", "STAMP", "TOOLS", "LOCKS"):
        monkeypatch.setattr(run, name, root / getattr(run, name).relative_to(run.ROOT))
    monkeypatch.setattr(run, "ROOT", root)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path / "here")
    move_to(made.root, monkeypatch)
    monkeypatch.setattr(run, "found_uv", lambda: "uv")
    monkeypatch.setattr(run, "make_venv", made.make_venv)
    monkeypatch.setattr(run, "install", made.install)
    return made


def test_a_second_start_does_nothing(project: Project) -> None:
    assert project.prepare("run") == ["venv", "run"]
    assert project.prepare("run") == []


def test_an_environment_for_tests_serves_the_server_too(project: Project) -> None:
    project.prepare("test")
    assert project.prepare("run") == []


def test_an_environment_for_the_server_is_added_to_for_tests(project: Project) -> None:
    project.prepare("run")
    assert project.prepare("test") == ["test"]


@pytest.mark.parametrize("name", FILES)
def test_a_changed_lock_or_project_file_installs_again(project: Project, name: str) -> None:
    project.prepare("run")
    (project.root / name).write_text("changed")
    assert project.prepare("run") == ["run"]


def test_an_interrupted_set_up_starts_from_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_pip: list[str], _level: str) -> bool:
        run.HEADGATE.touch()
        raise KeyboardInterrupt

    project.prepare("run")
    (project.root / "requirements/run.lock").write_text("changed")
    with monkeypatch.context() as patch:
        patch.setattr(run, "install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run.prepare("run")
    assert project.prepare("run") == ["venv", "run"]


def test_an_environment_of_another_python_is_made_anew(project: Project) -> None:
    project.prepare("run")
    run.PYTHON.unlink()
    run.PYTHON.symlink_to("/bin/sh")
    assert project.prepare("run") == ["venv", "run"]


def test_a_moved_folder_makes_its_environment_anew(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.prepare("run")
    moved = project.root.rename(project.root.with_name("there"))
    move_to(moved, monkeypatch)
    assert project.prepare("run") == ["venv", "run"]


def test_what_uv_cannot_install_is_tried_with_pip(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def only_with_pip(pip: list[str], _level: str) -> bool:
        tried.append(Path(pip[0]).name)
        return pip[0] != "uv"

    monkeypatch.setattr(run, "install", only_with_pip)
    monkeypatch.setattr(run, "succeeds_quietly", lambda *_: True)
    project.prepare("run")
    assert tried == ["uv", "python"]


def test_an_older_python_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "hexversion", 0x030A0DF0)
    assert run.main(["demo"]) == 1
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_an_older_python_can_read_the_program() -> None:
    source = Path(run.__file__).read_text()
    ast.parse(source, feature_version=(3, 7))
    with pytest.raises(SyntaxError):
        ast.parse("(x := 1)", feature_version=(3, 7))


@pytest.mark.parametrize("words", [[], ["tset"], ["--demo"]])
def test_wrong_use_shows_the_commands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(words) == 2
    assert "run.py demo" in capsys.readouterr().err


def test_only_root_installs_debian_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*command: str | Path) -> bool:
        raise AssertionError(command)

    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(run, "succeeds", refuse)
    assert not run.apt_install(["gcc"], "a test")


def test_a_missing_program_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "is_there", lambda name: name != "gcc")
    run.provide_programs(full=False, may_install=False)
    assert "apt-get install gcc libc6-dev" in capsys.readouterr().err


def test_programs_of_the_benchmarks_are_wanted_only_in_full(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "is_there", lambda name: name != "wrk")
    run.provide_programs(full=False, may_install=False)
    assert capsys.readouterr().err == ""
    run.provide_programs(full=True, may_install=False)
    assert "apt-get install wrk" in capsys.readouterr().err
