"""A small disk of our own, mounted where a data folder will be, and what a power loss leaves."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from pathlib import Path
from typing import Self

from tests.harness.receiver import until

UNMOUNT_SECONDS = 10.0
LOOPS = Path("/dev/loop-control")
"""Where it is missing, a kernel or a container has no disks in files to offer."""
_SHUT_DOWN = 0x8004587D
"""The call that ends an ext4 or XFS file system at once; both have it under this number."""
_WITHOUT_FLUSH = struct.pack("I", 2)


class Refused(Exception):
    """The machine does not give us a disk of our own; the message is what it said."""


class Volume:
    """A file system in memory or, if `image` is given, ext4 in that file."""

    def __init__(self, folder: Path, size: str, *, image: Path | None = None) -> None:
        self.folder, self._image = folder, image
        folder.mkdir(parents=True)
        self._mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if image is not None:
            self._mount = ["mount", "-o", "loop", str(image), str(folder)]
            _run(["truncate", "-s", size, str(image)])
            _run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)])

    def mount(self) -> None:
        """Raises `Refused`."""
        _run(self._mount)

    def lose_power(self) -> None:
        """Let nothing more reach the medium: what is in the cache is gone. Raises `Refused`."""
        number = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(number, _SHUT_DOWN, _WITHOUT_FLUSH)
        except OSError as error:
            raise Refused(f"this file system cannot be shut down: {error}") from None
        finally:
            os.close(number)

    def unmount(self) -> None:
        """Once nothing uses it any more; the device behind it goes with it."""
        try:
            until(self._is_unmounted, UNMOUNT_SECONDS, f"the last user of {self.folder} to leave")
        except AssertionError:
            _run(["umount", "--lazy", str(self.folder)])
            raise

    def _is_unmounted(self) -> bool:
        return not os.path.ismount(self.folder) or not subprocess.call(
            ["umount", self.folder], stderr=subprocess.DEVNULL
        )

    def mount_again(self) -> None:
        """As the next start of the machine finds it."""
        self.unmount()
        self.mount()

    def __enter__(self) -> Self:
        self.mount()
        return self

    def __exit__(self, *_: object) -> None:
        self.unmount()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().partition("\n")[0].rpartition(": ")[2]
        raise Refused(f"{command[0]} says {reason or done.returncode}")
