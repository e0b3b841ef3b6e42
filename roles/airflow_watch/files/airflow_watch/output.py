"""Prints lines for people and the journal."""

from __future__ import annotations

import os
import sys


def one_line(text: str) -> str:
    """Return a string as one line: a line break in a pause's reason must not look like a message of this program."""
    return "".join(char if char.isprintable() else " " for char in text)


def say(line: str) -> None:
    """Print a line and flush it."""
    try:
        print(one_line(line), flush=True)
    except BrokenPipeError:
        # The reader is gone, as with `| head -1`. The program still finishes its work.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Print why a command failed."""
    print(f"airflow-watch: {one_line(text)}", file=sys.stderr)


def accept_any_text() -> None:
    """Escape characters that the terminal's locale cannot encode, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
