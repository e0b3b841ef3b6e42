"""Machine-wide locks, needed because labs of all checkouts use the same names."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.lab.names import cache_dir
from tests.lab.progress import say

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def alone(name: str, what: str) -> Iterator[None]:
    """Hold a lock during the block; print a message while another process holds it.

    Args:
        name: Name of the lock.
        what: Description of the other process, for the message.
    """
    cache_dir().mkdir(parents=True, exist_ok=True)
    with (cache_dir() / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another {what} on this machine to finish ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
