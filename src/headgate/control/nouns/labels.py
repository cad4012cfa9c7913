"""Labels: by which a workspace sorts its sources, and roles are limited to some of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headgate.control.errors import Conflict, Invalid, Missing, Problem
from headgate.control.nouns import sources
from headgate.store.access import Grants
from headgate.store.labels import Labels
from headgate.store.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headgate.control.work import Work

WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""A key, and a value, as Segment's are."""
LONGEST_DESCRIPTION = 1000


class Label(NamedTuple):
    """Shown as `key:value`; an empty description is none."""

    key: str
    value: str
    description: str = ""

    def __str__(self) -> str:
        return f"{self.key}:{self.value}"


def listed(work: Work) -> list[Label]:
    """Those that were made, and those that a declaration gave to a source."""
    work.check_somewhere("read", "label")
    known = _known(work)
    return [known[name] for name in sorted(known)]


def create(work: Work, label: Label) -> Label:
    """Raises Invalid, Conflict or Forbidden."""
    work.check("write", "label")
    if problems := list(_problems(label)):
        raise Invalid(problems)
    labels = Labels(work.transaction, work.workspace.id)
    if labels.named(label.key, label.value) is not None:
        raise Conflict(f"there is a label {label} already")
    record = labels.add(*label)
    work.note("Label Created", "LABEL", record.id, str(label))
    return label


def describe(work: Work, label: Label) -> Label:
    """Say something else of one that was made. Raises Invalid, Missing or Forbidden."""
    work.check("write", "label")
    if problems := list(_problems(label)):
        raise Invalid(problems)
    labels = Labels(work.transaction, work.workspace.id)
    record = labels.named(label.key, label.value)
    if record is None:
        raise Missing(f"there is no label {label}")
    labels.update(msgspec.structs.replace(record, description=label.description))
    work.note("Label Modified", "LABEL", record.id, str(label), ("description",))
    return label


def delete(work: Work, key: str, value: str) -> None:
    """One that nothing carries. Raises Missing, Conflict or Forbidden."""
    work.check("write", "label")
    label = Label(key, value)
    if users := [user for user, used in _used(work) if used == label]:
        raise Conflict(f"{users[0]} has the label {label}: take it away there first")
    labels = Labels(work.transaction, work.workspace.id)
    record = labels.named(key, value)
    if record is None:
        raise Missing(f"there is no label {label}")
    labels.remove(record.id)
    work.note("Label Deleted", "LABEL", record.id, str(label))


def add(work: Work, source: str, given: Sequence[Label]) -> list[Label]:
    """What a source, by its id, carries then. Raises Missing, Forbidden, Invalid or Conflict."""
    carried = work.source(source, "write").labels
    wanted = _checked(work, given)
    for key, value in wanted.items():
        if carried.get(key, value) != value:
            raise Conflict(f"the source has {key}:{carried[key]}: it can have one value of {key}")
    return _put(work, source, {**carried, **wanted})


def replace(work: Work, source: str, given: Sequence[Label]) -> list[Label]:
    """The same, instead of what it carries. Raises Missing, Forbidden or Invalid."""
    work.source(source, "write")
    return _put(work, source, _checked(work, given))


def _put(work: Work, source: str, labels: dict[str, str]) -> list[Label]:
    sources.change(work, source, {"labels": labels})
    return [Label(key, value) for key, value in labels.items()]


def _checked(work: Work, given: Sequence[Label]) -> dict[str, str]:
    """By key; raises Invalid, with fields as in a list of labels."""
    known, wanted, problems = _known(work), dict[str, str](), list[Problem]()
    for place, label in enumerate(given):
        if found := _unfit(known.get(label[:2]), label, wanted):
            problems.append(Problem(f"labels.{place}.{found.path}", found.message))
        wanted[label.key] = label.value
    if problems:
        raise Invalid(problems)
    return wanted


def _unfit(known: Label | None, label: Label, others: dict[str, str]) -> Problem | None:
    if known is None:
        return Problem("value", f"the workspace has no label {label}: make it first")
    if label.description not in ("", known.description):
        return Problem("description", f"a description is of the workspace's label {label}")
    if others.get(label.key, label.value) != label.value:
        return Problem("key", f"a source has one value of {label.key}, not two")
    return None


def _problems(label: Label) -> Iterator[Problem]:
    for field in ("key", "value"):
        if not WORD.fullmatch(getattr(label, field)):
            yield Problem(f"label.{field}", f"must match {WORD.pattern}")
    if len(label.description) > LONGEST_DESCRIPTION:
        yield Problem("label.description", f"has at most {LONGEST_DESCRIPTION} characters")


def _known(work: Work) -> dict[tuple[str, str], Label]:
    made = Labels(work.transaction, work.workspace.id).all()
    return {
        **{label[:2]: label for _, label in _used(work)},
        **{(each.key, each.value): Label(each.key, each.value, each.description) for each in made},
    }


def _used(work: Work) -> Iterator[tuple[str, Label]]:
    """Who carries which label: sources, and roles that are limited to it."""
    for source in Sources(work.transaction, work.workspace.id).all():
        for key, value in source.labels.items():
            yield f"source {source.slug}", Label(key, value)
    for grant in Grants(work.transaction, work.workspace.id).all():
        for each in grant.labels:
            yield f"a role {grant.role}", Label(each.key, each.value)
