"""Somebody writes a destination, from the first command to one that keeps the contract."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.receiver import until
from tests.harness.system import HEADGATE, LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.harness.receiver import Receiver

SECONDS = 60.0
KEY = "kit-9b1d4e77"


def command(*words: str, at: Path, code: int = 0, environ: Mapping[str, str] | None = None) -> str:
    """Run `headgate destination …` without a terminal; what it printed, of both outputs."""
    done = subprocess.run(
        [str(HEADGATE), "destination", *words],
        cwd=at,
        env=outside(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
        text=True,
    )
    assert done.returncode == code, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def outside(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a person who has set nothing of Headgate's but this."""
    kept = {name: it for name, it in os.environ.items() if not name.startswith("HEADGATE_")}
    return {**kept, **(environ or {})}


def python(*words: str, at: Path, **environ: str) -> str:
    """Run a module of Python, such as pytest."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=at,
        env=outside(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def installed(project: Path, site: Path) -> str:
    """Install a project where PYTHONPATH leads, as pip would from its wheel."""
    site.mkdir()
    python("hatchling", "build", "-t", "wheel", "-d", str(site), at=project)
    (wheel,) = site.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    return str(site)


def module(project: Path) -> Path:
    (file,) = project.glob("src/*/__init__.py")
    return file


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """The project of a destination, as `init` writes it."""
    command("init", "Acme", "--template", "custom", at=tmp_path)
    return tmp_path / "acme"


def test_from_the_first_command_to_a_destination_that_keeps_the_contract(tmp_path: Path) -> None:
    said = command("init", "Acme CRM", "--template", "custom", at=tmp_path)
    assert "wrote acme_crm/pyproject.toml" in said
    acme = tmp_path / "acme_crm"
    assert command("validate", at=acme) == "acme_crm: fine\n"
    tried: dict[str, Any] = json.loads(command("try", "track_event", "--json", at=acme))
    assert tried["sent"] is False
    assert tried["results"][0]["payload"]["name"] == "Order Completed"
    assert tried["exchanges"][0]["request"]["url"] == "https://api.example.com/v1/events"
    assert tried["exchanges"][0]["request"]["headers"]["X-Api-Key"] == "***"
    before = module(acme).read_text()
    assert "added remember to" in command("action", "remember", "--title", "Remember", at=acme)
    assert module(acme).read_text().startswith(before)
    assert "delivered" in command("try", "remember", "--event", "page", at=acme)
    assert command("validate", at=acme) == "acme_crm: fine\n"
    python("mypy", at=acme)
    said = python("pytest", "-q", at=acme, PYTHONPATH=installed(acme, tmp_path / "site"))
    assert "acme_crm: beta" in said or "acme_crm: stable" in said, said


def test_an_installed_package_is_in_the_catalogue(acme: Path, tmp_path: Path) -> None:
    path = {"PYTHONPATH": installed(acme, tmp_path / "site")}
    assert command("validate", "acme", at=tmp_path, environ=path) == "acme: fine\n"
    assert "# Acme\n" in command("docs", "acme", at=tmp_path, environ=path)


def test_in_a_terminal_it_asks_for_what_was_not_said(tmp_path: Path) -> None:
    theirs, ours = pty.openpty()
    asking = subprocess.Popen(
        [str(HEADGATE), "destination", "init"],
        cwd=tmp_path,
        env=outside(),
        stdin=ours,
        stdout=ours,
        stderr=ours,
        start_new_session=True,
    )
    os.close(ours)
    said = ""
    try:
        for question, answer in (("Name", "Acme CRM"), ("Template", "minimal"), ("Slug", "acme")):
            said += heard(theirs, rf"{question}[^\n]*: $")
            os.write(theirs, f"{answer}\n".encode())
        said += heard(theirs, "sample")
        assert asking.wait(SECONDS) == 0
    finally:
        asking.kill()
        asking.wait()
        os.close(theirs)
    assert "oauth2   permission by OAuth 2" in said
    assert "[acme_crm]" in said
    assert "Acme CRM" in (tmp_path / "acme/src/headgate_destination_acme/guide.md").read_text()


def heard(terminal: int, pattern: str) -> str:
    """What a terminal shows, until it shows something like this."""
    said = ""
    while not re.search(pattern, said):
        assert select.select([terminal], [], [], SECONDS)[0], said
        said += os.read(terminal, 4096).decode()
    return said


def test_without_a_terminal_it_never_asks_and_never_writes_over_anything(tmp_path: Path) -> None:
    assert "give the NAME" in command("init", at=tmp_path, code=2)
    assert "there is no template" in command("init", "A", "--template", "x", at=tmp_path, code=2)
    assert "already" in command("init", "Webhook", at=tmp_path, code=2)
    command("init", "Acme", at=tmp_path)
    assert "acme is there already" in command("init", "Acme", at=tmp_path, code=1)


def test_an_action_is_tried_and_recorded_against_an_api(
    acme: Path, tmp_path: Path, receiver: Receiver
) -> None:
    source = module(acme).read_text()
    module(acme).write_text(source.replace("https://api.example.com/v1", receiver.url("/v1")))
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"type": "track", "event": "Paid", "userId": KEY[4:]}))
    words = ("track_event", "--event", str(event))
    command("try", *words, at=acme)
    assert receiver.received() == []
    environ = {"HEADGATE_SETTING_API_KEY": KEY}
    blocked = command("try", *words, "--send", at=acme, code=1, environ=environ)
    assert "HEADGATE_EGRESS_ALLOW" in blocked
    assert receiver.received() == []
    environ["HEADGATE_EGRESS_ALLOW"] = LOOPBACK
    assert "answer 200" in command("try", *words, "--send", at=acme, environ=environ)
    (received,) = receiver.taken("/v1/events")
    assert json.loads(received.body or "")["name"] == "Paid"
    said = command("record", *words, "--name", "paid", at=acme, environ=environ)
    assert "track_event-paid.yaml: delivered" in said
    recorded = (module(acme).parent / "recordings/track_event-paid.yaml").read_text()
    assert "X-Api-Key: redacted" in recorded
    for text in (blocked, said, recorded):
        assert KEY not in text


def test_settings_and_mapping_come_from_files(acme: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(f"api_key: {KEY}\n")
    (tmp_path / "mapping.json").write_text('{"name": {"@template": "Did {{event}}"}}')
    words = ["--settings", "../settings.yaml", "--mapping", "../mapping.json"]
    said = command("try", "track_event", *words, at=acme)
    assert '"name": "Did Order Completed"' in said
    assert "made up" not in said
    assert KEY not in said


def test_what_is_wrong_is_found_without_sending(acme: Path) -> None:
    source = module(acme).read_text()
    module(acme).write_text(source.replace('type = "track"', "type = track").replace("Who", ""))
    said = command("validate", at=acme, code=1)
    assert "error    acme: actions/track_event/trigger" in said
    assert said.endswith("see above\n")
    found = json.loads(command("validate", "--json", at=acme, code=1).splitlines()[0])
    assert {"destination", "level", "place", "message"} == found[0].keys()
    module(acme).write_text(source.replace("import Destination", "import Nothing"))
    assert "__init__.py:3: ImportError" in command("validate", at=acme, code=1)


def test_types_are_written_again_on_every_change(acme: Path) -> None:
    out = acme / "types.py"
    command("types", "--out", "types.py", at=acme)
    assert "class AcmeTrackEventPayload(TypedDict):" in out.read_text()
    assert "give --out FILE" in command("types", "--watch", at=acme, code=2)
    watching = subprocess.Popen(
        [str(HEADGATE), "destination", "types", "--out", "types.py", "--watch"],
        cwd=acme,
        env=outside(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        source = module(acme).read_text()
        out.unlink()
        until(out.exists, SECONDS, "the first types")
        broken = source.replace("activity: Activity", "activity: Nothing")
        edits = {"properties: dict": "details: dict", "user_id": "who"}
        module(acme).write_text(broken)
        for old, new in edits.items():
            source = source.replace(old, new)
            until_it_holds(out, module(acme), source, f"    {new.partition(':')[0]}: ")
    finally:
        watching.send_signal(signal.SIGINT)
        _, errors = watching.communicate(timeout=SECONDS)
    assert watching.returncode == 130
    assert b"Traceback" not in errors


def until_it_holds(out: Path, file: Path, source: str, text: str) -> None:
    file.write_text(source)
    until(lambda: text in out.read_text(), SECONDS, text)


def test_a_reference_page_is_printed_or_written(acme: Path) -> None:
    said = command("docs", at=acme)
    assert said.startswith("# Acme\n")
    assert "wrote pages/acme.md" in command("docs", "--out", "pages", at=acme)
    assert (acme / "pages" / "acme.md").read_text() == said
