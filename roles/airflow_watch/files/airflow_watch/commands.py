"""Runs commands of the host."""

from __future__ import annotations

import subprocess

# Timeout of a command in seconds. No command waits for an Airflow task to end.
SECONDS = 60


class WatchError(Exception):
    """An operation failed; the text says which one and why."""


class Commands:
    """Runs commands of the host as root."""

    def run(self, *argv: str, seconds: int = SECONDS, data: str | None = None) -> str:
        """Run a command and return its standard output.

        Args:
            argv: The command.
            seconds: Timeout of the command.
            data: Standard input of the command.

        Raises:
            WatchError: The command failed or timed out.
        """
        line = " ".join(argv)
        try:
            done = subprocess.run(
                argv,
                input=data,
                capture_output=True,
                encoding="utf-8",
                # A comment of somebody else's firewall rule can contain any bytes and must not end the program.
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
