"""What is wrong with a stored mapping, found before any event comes."""

from headgate.mapping.check.rules import LONGEST_PATTERN, faults

__all__ = ["LONGEST_PATTERN", "faults"]
