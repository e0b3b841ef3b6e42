"""One process at a time reads and writes the files of a directory."""

from __future__ import annotations

import fcntl
import os
import time

# Seconds to wait for another process that reads or writes the lock file, which takes milliseconds.
GUARD_SECONDS = 30


class LockError(Exception):
    """The lock file cannot be used; the text says what to do."""


class Guard:
    """Lets one process at a time read and write the files of the lock, in a directory that only its owner may enter.

    The guard is a lock of the operating system (flock(2)) on a file beside the lock file, so it ends with its process.

    Attributes:
        directory: The directory. It is created.
    """

    def __init__(self, path: str) -> None:
        self.directory = os.path.dirname(path)
        self.file = os.path.join(self.directory, "guard")
        self.descriptor = -1

    def __enter__(self) -> None:
        """Wait for the guard.

        Raises:
            LockError: Another process has it for too long.
        """
        until = time.monotonic() + GUARD_SECONDS
        while not self._taken():
            if time.monotonic() > until:
                raise LockError(
                    f"{self.file} has been in use for {GUARD_SECONDS} s; fuser {self.file} shows by which process."
                )
            time.sleep(0.1)

    def _taken(self) -> bool:
        """Try to get the guard once."""
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        os.chmod(self.directory, 0o700)
        try:
            self.descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another process can have removed the directory meanwhile: then this file guards nothing.
            if os.fstat(self.descriptor).st_ino == os.stat(self.file).st_ino:
                return True
        except (FileNotFoundError, BlockingIOError):
            pass
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        return False

    def __exit__(self, *_: object) -> None:
        """Give the guard to the next process."""
        os.close(self.descriptor)
