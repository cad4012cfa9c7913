"""What a person reads when a command fails: one sentence, no traceback."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Failed(Exception):
    """A command could not do what it was asked; the message says why and what to do."""


def told(program: Callable[[], object]) -> int:
    """Run a program; return its exit code."""
    try:
        program()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("HEADGATE_TRACEBACK"):
            raise
        sys.stderr.write(f"headgate: {error}\n")
        return 1
    return 0
