"""Progress messages with durations."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

_START = time.monotonic()


def say(text: str) -> None:
    """Print one line with the seconds since the start of the command."""
    print(f"[{time.monotonic() - _START:6.1f}s] {text}", flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Print the start and the duration of a piece of work."""
    say(f"{text} ...")
    began = time.monotonic()
    yield
    say(f"{text}: done in {time.monotonic() - began:.1f} s")
