"""One process at a time in a part of a program."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def _nothing() -> None:
    """Tell nobody that this process waits."""


@contextmanager
def alone(path: str, waiting: Callable[[], None] = _nothing) -> Iterator[None]:
    """Run the block in one process at a time.

    Args:
        path: File whose lock (flock(2)) the process holds meanwhile. It is created, and nobody else may open it: who
            can open a file can lock it. The lock ends with the process.
        waiting: Called once if another process holds the lock. It can raise an error instead of waiting.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # Files of earlier releases may be readable.
        os.fchmod(descriptor, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
