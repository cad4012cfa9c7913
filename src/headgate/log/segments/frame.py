"""A frame on disk: a header that alone gives counts, keys and verdicts, and a body."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from google_crc32c import extend, value

from headgate.log.encode import Body, decode_body, decode_rejections
from headgate.log.errors import Damaged
from headgate.log.keys import SIZE as KEY
from headgate.log.port import FrameKind, Position, Rejection, Stored, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAGIC = b"HgF\x01"
_FIXED = struct.Struct("<4sIIBBHHHQQQQI")
_SOURCE = struct.Struct("<IHH")
_CRC = struct.Struct("<I")
PREFIX = _FIXED.size
MAX_HEADER = 192 * 1024
MAX_BODY = 512 * 1024


class Header(NamedTuple):
    """The decoded header of a frame; `raw` is its bytes."""

    kind: FrameKind
    partition: int
    first: Position
    events: int
    appended_at: int
    received_min: int
    received_max: int
    body_size: int
    body_crc: int
    sources: tuple[tuple[int, int, int], ...]
    """For each source: number, events that are not duplicates, duplicates."""
    verdicts: bytes
    owners: bytes
    """Two bytes an event: index into `sources`; empty where there is one source."""
    keys: bytes
    raw: bytes

    @property
    def next(self) -> Position:
        return Position(self.first + (self.events or 1))

    @property
    def size(self) -> int:
        return len(self.raw) + self.body_size

    def owner(self, index: int) -> int:
        """The number of the source that event `index` belongs to."""
        if not self.owners:
            return self.sources[0][0]
        return self.sources[int.from_bytes(self.owners[2 * index : 2 * index + 2], "little")][0]


class Judged(NamedTuple):
    """A batch with its verdicts and its place: all that a header needs beside the body."""

    kind: FrameKind
    partition: int
    first: int
    appended_at: int
    received_min: int
    received_max: int
    sources: tuple[int, ...]
    verdicts: bytes
    keys: bytes


def encode_header(
    judged: Judged, body: bytes, salt_crc: int
) -> tuple[bytes, list[tuple[int, int, int]]]:
    """The header's bytes, and its counts as `Header.sources` has them.

    `salt_crc` is the checksum of the segment's salt, so that no payload can forge a frame.
    """
    counted, owners = _counted(judged.sources, judged.verdicts)
    variable = b"".join(
        [*(_SOURCE.pack(*row) for row in counted), judged.verdicts, owners, judged.keys]
    )
    fixed = _FIXED.pack(
        MAGIC,
        _FIXED.size + len(variable) + _CRC.size,
        len(body),
        judged.kind,
        0,
        judged.partition,
        len(counted),
        len(judged.verdicts),
        judged.first,
        judged.appended_at,
        judged.received_min,
        judged.received_max,
        value(body),
    )
    head = fixed + variable
    return head + _CRC.pack(extend(salt_crc, head)), counted


def _counted(sources: tuple[int, ...], verdicts: bytes) -> tuple[list[tuple[int, int, int]], bytes]:
    distinct = list(dict.fromkeys(sources))
    if len(distinct) <= 1:
        duplicates = verdicts.count(Verdict.DUPLICATE)
        return [(number, len(verdicts) - duplicates, duplicates) for number in distinct], b""
    index = {number: place for place, number in enumerate(distinct)}
    totals = [[number, 0, 0] for number in distinct]
    for number, verdict in zip(sources, verdicts, strict=True):
        totals[index[number]][2 if verdict == Verdict.DUPLICATE else 1] += 1
    owners = b"".join(index[number].to_bytes(2, "little") for number in sources)
    return [(number, events, dups) for number, events, dups in totals], owners


def header_size(prefix: bytes) -> int:
    """How many bytes the header takes, from its first bytes; raises `Damaged`."""
    if len(prefix) < PREFIX or prefix[:4] != MAGIC:
        raise Damaged("no frame starts here")
    size = int.from_bytes(prefix[4:8], "little")
    if not PREFIX + _CRC.size <= size <= MAX_HEADER:
        raise Damaged("a frame's header has an impossible length")
    return size


def header_around(content: bytes, hit: int, end: int, salt_crc: int) -> tuple[int, Header] | None:
    """(where it begins, header) of the valid header that holds the bytes from `hit` to `end`."""
    at = content.rfind(MAGIC, 0, hit)
    while at >= 0 and hit - at < MAX_HEADER:
        try:
            size = header_size(content[at : at + PREFIX])
            header = decode_header(content[at : at + size], salt_crc)
        except Damaged:
            at = content.rfind(MAGIC, 0, at)
            continue
        return (at, header) if end <= at + size else None
    return None


def decode_header(raw: bytes, salt_crc: int) -> Header:
    """Read a whole header; raises `Damaged` when its checksum does not match."""
    if len(raw) < PREFIX + _CRC.size:
        raise Damaged("a frame's header is cut off")
    (
        magic,
        size,
        body,
        kind,
        _,
        partition,
        n_sources,
        n_events,
        first,
        appended,
        low,
        high,
        crc,
    ) = _FIXED.unpack_from(raw)
    if magic != MAGIC or size != len(raw):
        raise Damaged("a frame's header is cut off, or another one's")
    if _CRC.unpack_from(raw, size - _CRC.size)[0] != extend(salt_crc, raw[: -_CRC.size]):
        raise Damaged("a frame's header does not match its checksum")
    at = PREFIX + n_sources * _SOURCE.size
    sources = tuple(_SOURCE.iter_unpack(raw[PREFIX:at]))
    verdicts, at = raw[at : at + n_events], at + n_events
    owners_size = 2 * n_events if n_sources > 1 else 0
    owners, at = raw[at : at + owners_size], at + owners_size
    return Header(
        _KINDS[kind],
        partition,
        Position(first),
        n_events,
        appended,
        low,
        high,
        body,
        crc,
        sources,
        verdicts,
        owners,
        raw[at : at + KEY * n_events],
        raw,
    )


class SegmentFrame:
    """A frame as read from a segment: the body is checked at once and decoded on demand.

    `damaged` when the body does not match its checksum, or turned out not to be readable.
    """

    __slots__ = ("_events", "body", "damaged", "header")

    def __init__(self, header: Header, body: bytes) -> None:
        self.header = header
        self.body = body
        self._events: list[Stored] | None = None
        self.damaged = len(body) != header.body_size or value(body) != header.body_crc

    @property
    def partition(self) -> int:
        return self.header.partition

    @property
    def kind(self) -> FrameKind:
        return self.header.kind

    @property
    def first(self) -> Position:
        return self.header.first

    @property
    def next(self) -> Position:
        return self.header.next

    @property
    def appended_at(self) -> int:
        return self.header.appended_at

    @property
    def received_min(self) -> int:
        return self.header.received_min

    @property
    def received_max(self) -> int:
        return self.header.received_max

    @property
    def counts(self) -> Mapping[int, int]:
        return {number: events for number, events, _ in self.header.sources}

    @property
    def size(self) -> int:
        return self.header.size

    def events(self, sources: frozenset[int] | None = None) -> Sequence[Stored]:
        """All events, or those of some sources; a damaged body gives them without a record."""
        if self._events is None:
            self._events = self._decoded()
        if sources is None or not self.header.owners:
            wanted = sources is None or not sources.isdisjoint(self.counts)
            return self._events if wanted else ()
        owner = self.header.owner
        return [stored for index, stored in enumerate(self._events) if owner(index) in sources]

    def forget(self) -> None:
        self._events = None

    def rejections(self) -> Sequence[Rejection]:
        if self.kind is not FrameKind.TALLY or self.damaged:
            return ()
        try:
            return decode_rejections(self.body)
        except Damaged:
            self.damaged = True
            return ()

    def _decoded(self) -> list[Stored]:
        if self.kind is FrameKind.TALLY:
            return []
        if not self.damaged:
            try:
                return self._stored(decode_body(self.body))
            except Damaged:
                self.damaged = True
        return [
            Stored(Position(self.first + index), _VERDICTS[verdict], None, None)
            for index, verdict in enumerate(self.header.verdicts)
        ]

    def _stored(self, body: Body) -> list[Stored]:
        first, verdicts, records = self.first, self.header.verdicts, body.records
        if len(records) != len(verdicts):
            raise Damaged(f"{len(verdicts)} events with {len(records)} records")
        return [
            Stored(Position(first + index), _VERDICTS[verdict], record, body.defaults_of(record))
            for index, (verdict, record) in enumerate(zip(verdicts, records, strict=True))
        ]

    def __repr__(self) -> str:
        return f"<SegmentFrame {self.kind.name} {self.first}..{self.next}>"


_VERDICTS = tuple(Verdict)
_KINDS = tuple(FrameKind)
