"""Run other programs."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence


class LabError(Exception):
    """An error that the user can fix; the message says how."""


def result(
    argv: Sequence[str], stdin: bytes | None = None, timeout: float | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a program until it exits, and accept any exit code."""
    try:
        return subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout, check=False)
    except FileNotFoundError as error:
        raise LabError(f"'{argv[0]}' is not installed; install it and run the command again") from error
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(argv, 124, late.stdout or b"", late.stderr or b"")


def run(argv: Sequence[str], stdin: bytes | None = None, env: Mapping[str, str] | None = None, tail: int = 25) -> str:
    """Run a program that must succeed, and return its standard output."""
    environment = {**os.environ, **env} if env else None
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, env=environment, check=False)
    except FileNotFoundError as error:
        raise LabError(f"'{argv[0]}' is not installed; install it and run the command again") from error
    if done.returncode:
        output = (done.stdout + done.stderr).decode(errors="replace").rstrip().splitlines()
        command = " ".join(argv)[:300]
        raise LabError(f"'{command}' failed with exit code {done.returncode}:\n" + "\n".join(output[-tail:]))
    return done.stdout.decode(errors="replace").strip()


def as_root(argv: Sequence[str]) -> list[str]:
    """The command with root's privileges."""
    return list(argv) if os.geteuid() == 0 else ["sudo", "-n", *argv]


def wait_until(
    condition: Callable[[], bool], seconds: float, otherwise: Callable[[], str], pause: float = 0.05
) -> None:
    """Wait until a condition holds.

    Args:
        condition: Returns whether it holds.
        seconds: Timeout.
        otherwise: Returns the text of the error.
        pause: Seconds between two calls of the condition.

    Raises:
        LabError: It did not hold in that time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(otherwise())
        time.sleep(pause)
