from __future__ import annotations

import os
from typing import TYPE_CHECKING

from headgate.deliver.transport.hosts import Hosts

if TYPE_CHECKING:
    from pathlib import Path


def test_names_have_their_addresses_in_the_order_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("# head\n10.0.0.1\tA.test b.test # tail\n\n::2 a.test\nlonely\n")
    hosts = Hosts(path)
    assert hosts.find("a.test") == ("10.0.0.1", "::2")
    assert hosts.find("b.test") == ("10.0.0.1",)
    assert hosts.find("tail") == ()


def test_a_change_of_the_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    path.write_text("10.0.0.1 a.test\n")
    hosts = Hosts(path)
    assert hosts.find("a.test") == ("10.0.0.1",)
    path.write_text("10.0.0.2 a.test\n")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert hosts.find("a.test") == ("10.0.0.2",)
    path.unlink()
    assert hosts.find("a.test") == ()


def test_localhost_needs_no_file(tmp_path: Path) -> None:
    hosts = Hosts(tmp_path / "absent")
    assert hosts.find("localhost") == ("127.0.0.1", "::1")
    assert hosts.find("app.localhost") == ("127.0.0.1", "::1")
    assert hosts.find("notlocalhost") == ()
