"""One at a time on this machine: what a lab makes has the same names in every checkout."""

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
    """Wait until no other process holds the lock, saying so, and hold it.

    Args:
        name: name of the lock
        what: what the other process is, for the message
    """
    cache_dir().mkdir(parents=True, exist_ok=True)
    with (cache_dir() / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another {what} on this machine to finish ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
