"""What an import tells: what came along, what to do before it runs, and what stayed behind."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Note(msgspec.Struct, frozen=True):
    """One thing that did not come along, or not as it was: `of` is what it belongs to, if any."""

    what: str
    name: str
    of: str
    why: str


class Secret(msgspec.Struct, frozen=True):
    """A value that only the person who runs `apply` has, and the variable that gives it."""

    variable: str
    connection: str
    setting: str
    how: str


class Off(msgspec.Struct, frozen=True):
    """A connection that was on and is written as off, with every reason."""

    connection: str
    why: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """`carried` counts what is in the declaration, by its kind."""

    workspace: str
    carried: dict[str, int]
    secrets: tuple[Secret, ...] = ()
    switched_off: tuple[Off, ...] = ()
    unread: tuple[Note, ...] = ()
    changed: tuple[Note, ...] = ()
    left_out: tuple[Note, ...] = ()


class Notes:
    """Collects what a report tells while the declaration is made."""

    def __init__(self) -> None:
        self.secrets: list[Secret] = []
        self.unread: list[Note] = []
        self.changed: list[Note] = []
        self.left_out: list[Note] = []
        self._off: defaultdict[str, list[str]] = defaultdict(list)

    def leave_out(self, what: str, name: str, why: str, *, of: str = "") -> None:
        self.left_out.append(Note(what, name, of, why))

    def change(self, what: str, name: str, why: str, *, of: str = "") -> None:
        self.changed.append(Note(what, name, of, why))

    def pass_over(self, what: str, why: str, *, of: str = "") -> None:
        """Of things that could not be read, nobody knows the names."""
        self.unread.append(Note(what, "all", of, why))

    def switch_off(self, connection: str, why: str) -> None:
        if why not in self._off[connection]:
            self._off[connection].append(why)

    def report(
        self, workspace: str, carried: dict[str, int], there: set[str], on: set[str]
    ) -> Report:
        """Of the secrets, those of the connections that are `there`; only what is `on` goes off."""
        return Report(
            workspace,
            carried,
            tuple(each for each in self.secrets if each.connection in there),
            tuple(Off(slug, tuple(why)) for slug, why in self._off.items() if slug in on),
            tuple(self.unread),
            tuple(self.changed),
            tuple(self.left_out),
        )


def told(report: Report, file: str) -> str:
    """The report for people, in which names from elsewhere cannot speak to their terminal."""
    return "".join(f"{_printable(line)}\n" for line in _lines(report, file))


def _lines(report: Report, file: str) -> Iterator[str]:
    counts = ", ".join(f"{kind} {count}" for kind, count in report.carried.items())
    yield f"{file} declares of the Segment workspace {report.workspace}: {counts}."
    if report.secrets:
        yield from ("", "Set these variables before `headgate apply`; Segment tells no secrets:")
        for secret in report.secrets:
            yield f"  {secret.variable}  {secret.setting} of {secret.connection}{_how(secret)}"
    if report.switched_off:
        yield from ("", "Written as off, though on at Segment: put right, then `enabled: true`:")
        for off in report.switched_off:
            yield f"  {off.connection}"
            yield from (f"    {why}" for why in off.why)
    yield from _section("Not to be read; look at Segment whether there are any:", report.unread)
    yield from _section("Not as it was:", report.changed)
    yield from _section("Not carried over:", report.left_out)
    yield from ("", f"Next: read the file, then `headgate apply {file} --dry-run`.")


def _printable(line: str) -> str:
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)


def _how(secret: Secret) -> str:
    return f": {secret.how}" if secret.how else ""


def _section(title: str, notes: Iterable[Note]) -> Iterator[str]:
    """Notes of one kind and one reason are one line with their number and their names."""
    groups: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for note in notes:
        groups[note.what, note.of, note.why].append(note.name)
    if groups:
        yield from ("", title)
    for (what, of, why), names in groups.items():
        place = f" of {of}" if of else ""
        count = f" ({len(names)})" if len(names) > 1 else ""
        yield f"  {what}{place}{count}: {', '.join(map(repr, names))}"
        yield f"    {why}"
