"""Recordings: an event, and the exchanges that it must cause."""

from headgate.kit.testing.recordings.files import (
    FOLDER,
    UnreadableRecording,
    dump,
    each,
    read,
    write,
)
from headgate.kit.testing.recordings.form import (
    STAND_IN,
    Ending,
    Person,
    RecordedDelivery,
    RecordedExchange,
    RecordedRequest,
    RecordedResponse,
    Recording,
)
from headgate.kit.testing.recordings.making import Unredactable, recorded
from headgate.kit.testing.recordings.matching import canonical, differences
from headgate.kit.testing.recordings.player import (
    Answer,
    MemoryTokens,
    PlayedRefresher,
    Player,
    Unrecorded,
)
from headgate.kit.testing.recordings.replay import TOKENS, Broken, Result, Run, ending, replay

__all__ = [
    "FOLDER",
    "STAND_IN",
    "TOKENS",
    "Answer",
    "Broken",
    "Ending",
    "MemoryTokens",
    "Person",
    "PlayedRefresher",
    "Player",
    "RecordedDelivery",
    "RecordedExchange",
    "RecordedRequest",
    "RecordedResponse",
    "Recording",
    "Result",
    "Run",
    "UnreadableRecording",
    "Unrecorded",
    "Unredactable",
    "canonical",
    "differences",
    "dump",
    "each",
    "ending",
    "read",
    "recorded",
    "replay",
    "write",
]
