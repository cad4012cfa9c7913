"""Writing a mapping as the Python function that runs for every event."""

from headgate.mapping.writing.holes import as_json
from headgate.mapping.writing.part import Emit, Part, Use
from headgate.mapping.writing.program import NOTHING, Piece, Program

__all__ = ["NOTHING", "Emit", "Part", "Piece", "Program", "Use", "as_json"]
