"""Runs commands of the host."""

from __future__ import annotations

import subprocess

# Seconds that a command may take. None of them waits for a task of Airflow to end.
SECONDS = 60


class WatchError(Exception):
    """Something cannot be done; the text says what and why."""


class Commands:
    """Commands of the host, as root."""

    def run(self, *argv: str, seconds: int = SECONDS, data: str | None = None) -> str:
        """Run a command and return what it prints.

        Args:
            argv: The command.
            seconds: How long it may take.
            data: What it reads.

        Raises:
            WatchError: It failed, or took too long.
        """
        line = " ".join(argv)
        try:
            done = subprocess.run(
                argv,
                input=data,
                capture_output=True,
                encoding="utf-8",
                # A comment of a stranger's rule can hold any bytes, and must not end the guard.
                errors="backslashreplace",
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise WatchError(f"`{line}` did not end within {seconds} s") from error
        except OSError as error:
            raise WatchError(f"`{line}` cannot be run: {error}") from error
        if done.returncode:
            raise WatchError(f"`{line}` failed: {(done.stderr.strip() or done.stdout.strip())[-1000:]}")
        return done.stdout
