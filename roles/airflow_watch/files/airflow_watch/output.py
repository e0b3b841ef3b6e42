"""Prints for people and for the journal."""

from __future__ import annotations

import os
import sys


def one_line(text: str) -> str:
    """Return a text as one line: a line break in somebody's reason must not look like a line of ours."""
    return "".join(char if char.isprintable() else " " for char in text)


def say(line: str) -> None:
    """Print a line at once."""
    try:
        print(one_line(line), flush=True)
    except BrokenPipeError:
        # Nobody reads on, as with `| head -1`. What was begun is done all the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Print why a command failed."""
    print(f"airflow-watch: {one_line(text)}", file=sys.stderr)


def accept_any_text() -> None:
    """Let no character end the program that the locale of a terminal does not have."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
