"""Waiting for conditions, in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.shell import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable


def wait(condition: Callable[[], object], seconds: float = 120, what: str = "the condition") -> None:
    """Wait until a condition holds, and look once a second.

    Args:
        condition: Returns something true when it holds.
        seconds: Maximum time to wait.
        what: Name of the awaited event, for the error.

    Raises:
        LabError: It did not hold in that time.
    """
    wait_until(lambda: bool(condition()), seconds, lambda: f"{what} did not happen within {seconds} s", pause=1)
