"""Regulations: what is to be done with what is known of people; none is executed yet.

The ids of people are told only to whoever may see regulations: they are in no message, no log
and no audit trail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from headgate.control.errors import Conflict, Invalid, Missing, Problem
from headgate.store.errors import NotFound
from headgate.store.privacy import Regulations
from headgate.store.records import RegulationKind, RegulationStatus
from headgate.store.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headgate.control.work import Work
    from headgate.store.records import RegulationRecord

MOST_SUBJECTS: Final = 5000
"""Of one regulation, as at Segment (domain section 17)."""
KINDS: Final[tuple[str, ...]] = get_args(RegulationKind)
STATUSES: Final[tuple[str, ...]] = get_args(RegulationStatus)
OF_WORKSPACE: Final = ("USER_ID",)
OF_SOURCE: Final = ("USER_ID", "ANONYMOUS_ID")
_ONLY_OF_SOURCE: Final = "DELETE_ARCHIVE_ONLY"
_SUPPRESSING: Final = frozenset(
    {"SUPPRESS_ONLY", "SUPPRESS_WITH_DELETE", "SUPPRESS_WITH_DELETE_INTERNAL"}
)
_WILDCARDS: Final = frozenset("*%")


class Listed(NamedTuple):
    """A page of regulations, and how many there are in all."""

    regulations: Sequence[RegulationRecord]
    total: int


class Search(NamedTuple):
    """Which regulations: with this status, of one of these kinds; all where nothing is given."""

    status: str | None = None
    kinds: tuple[str, ...] = ()


class Suppressed(NamedTuple):
    """Somebody whose events are not taken; `place` is where it stands among them."""

    place: int
    subject_type: str
    subject: str


def create(
    work: Work,
    *,
    kind: Any,
    subject_type: str,
    subjects: Sequence[str],
    source: str | None = None,
) -> RegulationRecord:
    """Of the whole workspace, or of one source, by its id. Raises Missing, Invalid or Forbidden."""
    work.check("write", "privacy")
    if source is not None:
        _check_source(work, source)
    if problems := list(_problems(kind, subject_type, subjects, source)):
        raise Invalid(problems)
    record = Regulations(work.transaction, work.workspace.id).add(
        source=source,
        kind=kind,
        subject_type=subject_type,
        subjects=tuple(dict.fromkeys(subjects)),
        at=work.now,
    )
    _note(work, "Regulation Created", record)
    return record


def listed(
    work: Work, search: Search, after: int | None, most: int, *, source: str | None = None
) -> Listed:
    """Those of the whole workspace, or of one source, by number above `after`.

    Raises Missing, Invalid or Forbidden.
    """
    work.check("read", "privacy")
    if source is not None:
        _check_source(work, source)
    equal = {"source": source, **_wanted(search)}
    regulations = Regulations(work.transaction, work.workspace.id)
    return Listed(regulations.page(after, most, **equal), regulations.count(**equal))


def get(work: Work, regulation: str) -> RegulationRecord:
    """By its id. Raises Missing or Forbidden."""
    work.check("read", "privacy")
    return _one(work, regulation)


def withdraw(work: Work, regulation: str) -> None:
    """Take one away with which nothing was begun. Raises Missing, Conflict or Forbidden."""
    work.check("write", "privacy")
    record = _one(work, regulation)
    if record.status != "INITIALIZED":
        raise Conflict(f"this regulation is {record.status}: what was begun is not withdrawn")
    Regulations(work.transaction, work.workspace.id).remove(record.id)
    _note(work, "Regulation Deleted", record)


def suppressed(work: Work, after: int | None, most: int) -> tuple[list[Suppressed], int]:
    """Whom the whole workspace suppresses, by place above `after`, and how many they are.

    Only what was done counts: a regulation that nothing executed suppresses nobody.
    """
    work.check("read", "privacy")
    found: dict[tuple[str, str], None] = {}
    done = Regulations(work.transaction, work.workspace.id).all(source=None, status="FINISHED")
    for each in done:
        subjects = [(each.subject_type, of) for of in each.subjects]
        if each.kind in _SUPPRESSING:
            found |= dict.fromkeys(subjects)
        elif each.kind == "UNSUPPRESS":
            for subject in subjects:
                found.pop(subject, None)
    places = [Suppressed(place, *each) for place, each in enumerate(found, 1)]
    return [each for each in places if each.place > (after or 0)][:most], len(places)


def _note(work: Work, type_: str, record: RegulationRecord) -> None:
    """How many it is about, and not whom."""
    told = f"{record.kind} of {len(record.subjects)}"
    work.note(type_, "REGULATION", record.id, told)


def _one(work: Work, regulation: str) -> RegulationRecord:
    try:
        return Regulations(work.transaction, work.workspace.id).one(regulation)
    except NotFound:
        raise Missing(f"there is no regulation {regulation:.100}") from None


def _check_source(work: Work, source: str) -> None:
    """Whoever may regulate a workspace may regulate all its sources. Raises Missing."""
    try:
        Sources(work.transaction, work.workspace.id).one(source)
    except NotFound:
        raise Missing(f"there is no source {source:.100}") from None


def _wanted(search: Search) -> dict[str, Any]:
    problems = []
    if search.status is not None and search.status not in STATUSES:
        problems.append(Problem("status", f"must be one of {', '.join(STATUSES)}"))
    if not set(search.kinds) <= set(KINDS):
        problems.append(Problem("kinds", f"must be some of {', '.join(KINDS)}"))
    if problems:
        raise Invalid(problems)
    status = {} if search.status is None else {"status": search.status}
    return {**status, **({"kind": search.kinds} if search.kinds else {})}


def _problems(
    kind: str, subject_type: str, subjects: Sequence[str], source: str | None
) -> Iterator[Problem]:
    types = OF_WORKSPACE if source is None else OF_SOURCE
    if kind not in KINDS or (kind == _ONLY_OF_SOURCE and source is None):
        yield Problem("kind", f"there is no {kind:.100} here")
    if subject_type not in types:
        yield Problem("subject_type", f"must be {' or '.join(types)}: nothing else is known here")
    if not 1 <= len(subjects) <= MOST_SUBJECTS:
        yield Problem("subjects", f"must be 1 to {MOST_SUBJECTS:,}, not {len(subjects):,}")
        return
    for place, subject in enumerate(subjects):
        if told := _unfit(subject):
            yield Problem(f"subjects.{place}", told)


def _unfit(subject: str) -> str | None:
    if not subject.strip():
        return "is empty"
    if set(subject) <= _WILDCARDS:
        return "stands for nobody: there are no wildcards, name each one"
    return "has the character NUL, which no id has" if "\0" in subject else None
