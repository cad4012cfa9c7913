"""What a database cannot keep is the caller's to mend, not a fault of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.store.errors import Unkeepable
from headgate.store.sources import Sources
from tests.unit.api.asking import asking

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("call", ["GET /sources/a%00b", "DELETE /sources/a%00b"])
def test_text_that_the_database_does_not_take_is_refused(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With PostgreSQL an id with NUL in an address was answered as a fault of ours."""

    def one(_: Sources, source: str) -> None:
        assert "\0" in source
        raise Unkeepable("the store at … cannot keep this")

    monkeypatch.setattr(Sources, "one", one)
    api = asking(tmp_path)
    method, _, path = call.partition(" ")
    answer = api.call(method, path, token=api.token("owner"))
    assert answer.status == 422
    assert "NUL" in answer.json["errors"][0]["message"]
