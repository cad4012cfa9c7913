"""What one rendering may use: Segment's limit of memory, and our limits of size and work."""

from __future__ import annotations

from typing import Final

LARGEST: Final = 2**20
"""Characters of the output, and of any text on the way to it."""

LONGEST: Final = 2**17
"""Items of a list."""

MEMORY: Final = 1e8
"""Characters that filters may handle in all, as Segment counts them."""

MOST_WORK: Final = 12_000_000
"""Units of work, each about ten nanoseconds: what a fast filter needs for one character."""

ITEM: Final = 30
"""Units of work for one item of a list or one step of the template."""


RECODED: Final = 40
"""Units of work for a character of a text beyond ASCII that changes its encoding."""

NUMBER: Final = 100
"""Units of work for writing a number."""

_MADE = 4


class Fault(Exception):
    """A template that an event leads astray; it becomes a `MappingError` with a position."""


class Budget:
    """Counts what is used; every method raises `Fault` instead of going beyond a limit."""

    __slots__ = ("_memory", "_work", "doing")

    def __init__(self) -> None:
        self.doing = "the template"
        self._memory = 0.0
        self._work = 0

    def allocate(self, count: float) -> None:
        """Count characters as the original does, which ignores what is no positive number."""
        if count > 0:
            self._memory += count
            if self._memory > MEMORY:
                raise Fault("memory alloc limit exceeded")

    def work(self, units: int) -> None:
        self._work += units
        if self._work > MOST_WORK:
            raise Fault(f"@liquid: {self.doing} would take more time than a template may")

    def fits(self, size: int) -> None:
        """Check the size of a text before it is built."""
        self.work(size // 8)
        if size > LARGEST:
            raise Fault(f"@liquid: {self.doing} would give more than 1 MiB of text")

    def holds(self, items: float) -> None:
        """Check the length of a list before it is built."""
        if items > LONGEST:
            raise Fault(f"@liquid: {self.doing} would give a list of more than {LONGEST} items")
        self.work(_MADE * int(items))


class Output:
    """A text that grows piece by piece, within the budget."""

    __slots__ = ("_budget", "_pieces", "_size")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._pieces: list[str] = []
        self._size = 0

    def write(self, text: str) -> None:
        if text:
            self._size += len(text)
            if self._size > LARGEST:
                self._budget.fits(self._size)
            self._pieces.append(text)

    def text(self) -> str:
        self._budget.work(self._size // 8)
        return "".join(self._pieces)
