from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.ledgers import Bench, MemoryBench, SqliteBench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["memory", "sqlite"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench: Bench = MemoryBench() if request.param == "memory" else SqliteBench(tmp_path)
    yield bench
    bench.ledger.close()
