from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import msgpack
from msgspec.structs import asdict

from headgate.store.errors import SnapshotUnknown
from headgate.store.snapshot import SnapshotReader, SnapshotWriter, journal
from headgate.store.snapshot.frames import frame
from tests.unit.store.snapshots import connection, histories, oauth_app, snapshot, source

if TYPE_CHECKING:
    from headgate.store.snapshot import Snapshot


def publish(folder: Path, *snapshots: Snapshot, least: int = 1 << 16) -> None:
    for each in snapshots:
        with SnapshotWriter(folder, least=least) as writer:
            assert writer.publish(each)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.snap"))


def test_an_empty_folder_has_no_snapshot(tmp_path: Path) -> None:
    assert SnapshotReader(tmp_path).refresh() is None
    assert SnapshotReader(tmp_path / "missing").refresh() is None


def test_what_is_published_is_read(tmp_path: Path) -> None:
    published = snapshot(1, source(), connection(), oauth_app())
    publish(tmp_path, published)
    reader = SnapshotReader(tmp_path)
    assert reader.refresh() == published
    assert reader.version == 1
    assert reader.refresh() is None


def test_only_the_owner_may_read_what_is_published(tmp_path: Path) -> None:
    publish(tmp_path, snapshot(1, source()), snapshot(2))
    assert [stat.S_IMODE(path.stat().st_mode) for path in files(tmp_path)] == [0o600]


def test_an_empty_configuration_is_a_snapshot_too(tmp_path: Path) -> None:
    publish(tmp_path, snapshot(1))
    assert SnapshotReader(tmp_path).refresh() == snapshot(1)


def test_the_order_of_a_mapping_is_kept(tmp_path: Path) -> None:
    settings = {"zebra": 1, "ant": {"y": 1, "b": 2}}
    publish(tmp_path, snapshot(1, connection(settings=settings)))
    read = SnapshotReader(tmp_path).refresh()
    assert read is not None
    assert list(read.connections[1].settings) == ["zebra", "ant"]
    assert list(read.connections[1].settings["ant"]) == ["y", "b"]


def test_a_change_is_appended_and_only_what_changed_is_decoded_again(tmp_path: Path) -> None:
    publish(tmp_path, snapshot(1, source(1), source(2), connection()))
    reader = SnapshotReader(tmp_path)
    before = reader.refresh()
    size = files(tmp_path)[0].stat().st_size
    publish(tmp_path, snapshot(2, source(1, name="Shop"), source(2), connection()))
    after = reader.refresh()
    assert before is not None
    assert after is not None
    assert after.sources[1].name == "Shop"
    assert after.sources[2] is before.sources[2]
    assert after.connections[1] is before.connections[1]
    (file,) = files(tmp_path)
    assert file.stat().st_size - size < size


def test_what_is_gone_from_the_configuration_is_gone_from_the_snapshot(tmp_path: Path) -> None:
    publish(tmp_path, snapshot(1, source(), connection(), oauth_app()), snapshot(2, source()))
    read = SnapshotReader(tmp_path).refresh()
    assert read is not None
    assert (set(read.sources), set(read.connections), read.oauth_apps) == ({1}, set(), {})


def test_a_source_that_was_published_before_there_was_oauth_is_read(tmp_path: Path) -> None:
    fields = asdict(source())
    del fields["oauth"]
    before = msgpack.encode({"type": "source"} | fields)
    base = journal.Base(1, {"src_1": b"digest"}, {b"digest": before})
    (tmp_path / "0000000000000001.snap").write_bytes(frame(journal.encode(base)))
    assert SnapshotReader(tmp_path).refresh() == snapshot(1, source())


def test_a_setting_that_is_changed_back_is_read_by_a_reader_that_saw_neither(
    tmp_path: Path,
) -> None:
    reader = SnapshotReader(tmp_path)
    publish(tmp_path, snapshot(1, source()))
    reader.refresh()
    publish(tmp_path, snapshot(2, source(name="Other")), snapshot(3, source()))
    assert reader.refresh() == snapshot(3, source())


def test_an_older_or_equal_version_is_not_published(tmp_path: Path) -> None:
    publish(tmp_path, snapshot(5, source()))
    with SnapshotWriter(tmp_path) as writer:
        assert not writer.publish(snapshot(5))
        assert not writer.publish(snapshot(4))
        assert writer.holds(snapshot(9, source()))
        assert not writer.holds(snapshot(5))


def test_deltas_that_outgrow_the_base_begin_a_new_file_and_readers_follow(
    tmp_path: Path,
) -> None:
    reader = SnapshotReader(tmp_path)
    for version in range(1, 40):
        publish(tmp_path, snapshot(version, source(name=f"Website {version}")), least=1)
        read = reader.refresh()
        assert read is not None
        assert (read.version, read.sources[1].name) == (version, f"Website {version}")
    found = files(tmp_path)
    assert len(found) > 2
    assert all(path.stat().st_size < 5_000 for path in found)
    assert found[0].name == "0000000000000001.snap"


def test_older_versions_stay_readable_across_files(tmp_path: Path) -> None:
    history = [snapshot(number * 2, source(name=f"{number}")) for number in range(1, 40)]
    publish(tmp_path, *history, least=1)
    reader = SnapshotReader(tmp_path)
    assert [reader.at(each.version) for each in history] == history
    for unknown in (0, 1, 3, 41, 79, 1_000):
        with pytest.raises(SnapshotUnknown, match=f"version {unknown} "):
            reader.at(unknown)


def test_looking_back_does_not_move_the_reader(tmp_path: Path) -> None:
    publish(tmp_path, snapshot(1, source(name="Old")), snapshot(2, source(name="New")))
    reader = SnapshotReader(tmp_path)
    assert reader.refresh() == snapshot(2, source(name="New"))
    assert reader.at(1) == snapshot(1, source(name="Old"))
    assert reader.version == 2
    assert reader.refresh() is None


def torn(folder: Path) -> tuple[bytes, bytes]:
    """The file after one record and after two."""
    publish(folder, snapshot(1, source(), connection()))
    (file,) = files(folder)
    one = file.read_bytes()
    publish(folder, snapshot(2, source(name="Shop"), connection()))
    return one, file.read_bytes()


def test_a_record_cut_at_any_byte_is_not_seen_until_it_is_whole(tmp_path: Path) -> None:
    one, two = torn(tmp_path)
    (file,) = files(tmp_path)
    reader = SnapshotReader(tmp_path)
    file.write_bytes(one)
    assert reader.refresh() == snapshot(1, source(), connection())
    for end in range(len(one), len(two)):
        file.write_bytes(two[:end])
        assert reader.refresh() is None, end
    file.write_bytes(two)
    assert reader.refresh() == snapshot(2, source(name="Shop"), connection())


def test_a_flipped_bit_anywhere_in_the_last_record_hides_only_that_record(
    tmp_path: Path,
) -> None:
    one, two = torn(tmp_path)
    (file,) = files(tmp_path)
    for at in range(len(one), len(two)):
        file.write_bytes(two[:at] + bytes([two[at] ^ 0x10]) + two[at + 1 :])
        assert SnapshotReader(tmp_path).refresh() == snapshot(1, source(), connection()), at


@pytest.mark.parametrize("rest", [b"\0" * 64, b"\xff" * 64])
def test_a_tail_that_a_power_loss_filled_is_no_record(tmp_path: Path, rest: bytes) -> None:
    one, _ = torn(tmp_path)
    (file,) = files(tmp_path)
    file.write_bytes(one + rest)
    assert SnapshotReader(tmp_path).refresh() == snapshot(1, source(), connection())


def test_a_writer_drops_a_torn_tail_and_readers_that_met_it_go_on(tmp_path: Path) -> None:
    one, two = torn(tmp_path)
    (file,) = files(tmp_path)
    reader = SnapshotReader(tmp_path)
    for end in range(len(one), len(two)):
        file.write_bytes(two[:end])
        reader.refresh()
        publish(tmp_path, snapshot(2, connection(name="B")))
        assert file.read_bytes().startswith(one)
        assert reader.refresh() == snapshot(2, connection(name="B")), end
        file.write_bytes(one)
        reader = SnapshotReader(tmp_path)
        reader.refresh()


def test_a_damaged_base_is_no_snapshot_and_is_written_again(tmp_path: Path) -> None:
    publish(tmp_path, snapshot(3, source()))
    (file,) = files(tmp_path)
    file.write_bytes(b"\0" * file.stat().st_size)
    reader = SnapshotReader(tmp_path)
    assert reader.refresh() is None
    publish(tmp_path, snapshot(3, source()))
    assert reader.refresh() == snapshot(3, source())


def test_a_base_file_that_was_never_renamed_is_not_read(tmp_path: Path) -> None:
    publish(tmp_path, snapshot(1, source()))
    (tmp_path / "0000000000000002.new").write_bytes(files(tmp_path)[0].read_bytes())
    assert SnapshotReader(tmp_path).refresh() == snapshot(1, source())


def test_only_one_writer_is_in_the_folder_at_a_time(tmp_path: Path) -> None:
    waited: list[float] = []

    def second() -> None:
        with SnapshotWriter(tmp_path) as writer:
            waited.append(time.monotonic())
            assert writer.version == 1

    with SnapshotWriter(tmp_path) as first:
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        first.publish(snapshot(1))
        left = time.monotonic()
    thread.join(5)
    assert waited[0] >= left


@settings(deadline=None)
@given(histories(), st.sets(st.integers(0, 7)), st.sampled_from([1, 300, 1 << 16]))
def test_any_history_reads_back_as_it_was_published(
    history: list[Snapshot], looks: set[int], least: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reader = SnapshotReader(folder)
        for index, each in enumerate(history):
            publish(folder, each, least=least)
            if index in looks:
                assert reader.refresh() == each
        reader.refresh()
        assert reader.version == history[-1].version
        assert SnapshotReader(folder).refresh() == history[-1]
        assert [reader.at(each.version) for each in history] == history


def test_reading_snapshots_loads_no_heavy_library() -> None:
    heavy = {"sqlalchemy", "pydantic", "cryptography", "alembic", "yaml"}
    probe = "import sys, headgate.store.snapshot; print(*{n.split('.')[0] for n in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    )
    assert "headgate" in loaded.stdout.split()
    assert heavy & set(loaded.stdout.split()) == set()
