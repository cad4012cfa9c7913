"""Regulations as programs of our own ask for them."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.control.errors import Forbidden, Invalid, Missing
from headgate.control.nouns import regulations
from tests.unit.api.asking import Asking, asking
from tests.unit.api.connected import source

GOOD: dict[str, Any] = {"kind": "DELETE_ONLY", "subject_type": "USER_ID", "subjects": ["ada"]}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    return asking(tmp_path_factory.mktemp("regulations"))


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"kind": "FORGET"}, ["kind"]),
        ({"kind": "DELETE_ARCHIVE_ONLY"}, ["kind"]),
        ({"subject_type": "ANONYMOUS_ID"}, ["subject_type"]),
        ({"subjects": ["", "*"]}, ["subjects.0", "subjects.1"]),
        ({"subjects": [], "kind": "FORGET"}, ["kind", "subjects"]),
    ],
)
def test_what_cannot_be_is_refused_with_every_problem(
    api: Asking, wrong: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(Invalid) as refused, api.control.write(api.operator()) as work:
        regulations.create(work, **{**GOOD, **wrong})
    assert [each.path for each in refused.value.problems] == fields


def test_a_source_knows_people_by_either_id(api: Asking) -> None:
    shop = source(api, "shop")
    with api.control.write(api.operator()) as work:
        made = regulations.create(work, **{**GOOD, "subject_type": "ANONYMOUS_ID"}, source=shop)
    assert (made.source, made.subject_type) == (shop, "ANONYMOUS_ID")


def test_a_source_must_be_there(api: Asking) -> None:
    with pytest.raises(Missing), api.control.write(api.operator()) as work:
        regulations.create(work, **GOOD, source="src_none")


def test_who_may_not_regulate_does_not_learn_which_sources_there_are(api: Asking) -> None:
    member = api.control.recognise(api.token("member"))
    assert member is not None
    with pytest.raises(Forbidden, match="may write regulations"), api.control.write(member) as work:
        regulations.create(work, **GOOD, source="src_none")
