"""One process at a time in a part of a program."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def _nothing() -> None:
    """Tell nobody that this process waits."""


@contextmanager
def alone(path: str, waiting: Callable[[], None] = _nothing, mode: int = 0o600) -> Iterator[None]:
    """Run the block in one process at a time.

    Args:
        path: File whose lock (flock(2)) the process holds meanwhile. It is created. The lock ends with the process.
        waiting: Called once if another process holds the lock. It can raise an error instead of waiting.
        mode: Permissions with which the file is created.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, mode)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
