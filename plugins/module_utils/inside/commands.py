"""Airflow's commands, run in this process."""

from __future__ import annotations

import functools
import io
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from .errors import describe
from .masks import forget_secrets
from .temporary import private_path


class Capture(io.StringIO):
    """Output of one command. Commands may close it, or ask for its name or file descriptor."""

    name = "<stdout>"

    def fileno(self) -> int:
        """Return the file descriptor of standard output, by which releases after 2.5 recognise it."""
        return 1

    def close(self) -> None:
        """Stay open, so that the output can be read after the command."""


class Airflow:
    """Airflow in this process.

    Attributes:
        output: Standard output of the last command, even if it raised.
        complaints: Its standard error output.
    """

    def __init__(self) -> None:
        """Import Airflow, without connecting to its database."""
        from airflow.cli import cli_parser  # noqa: PLC0415 - only the container has Airflow

        forget_secrets()
        self._parser = cli_parser.get_parser()
        self.output = self.complaints = ""

    def command(self, *argv: str) -> str:
        """Run a command line through Airflow's own parser and return its output.

        Args:
            argv: The words after ``airflow``. Airflow writes them to its audit log, so they must hold no secret.
        """
        output, complaints, before = Capture(), Capture(), (sys.stdout, sys.stderr, sys.argv)
        sys.stdout, sys.stderr, sys.argv = output, complaints, ["airflow", *argv]
        try:
            arguments = self._parser.parse_args(list(argv))
            arguments.func(arguments)
        finally:
            sys.stdout, sys.stderr, sys.argv = before
            self.output, self.complaints = output.getvalue(), complaints.getvalue()
        return self.output

    def command_with_file(self, data: object, *argv: str) -> str:
        """Run a command with the path of a JSON file as its last argument; only this user can read the file."""
        with private_path() as path:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(data, file)
            return self.command(*argv, path)

    def command_to_file(self, *argv: str) -> Any:
        """Run a command with the path of a JSON file to write as its last argument, and return the file's data."""
        with private_path() as path:
            self.command(*argv, path)
            with open(path) as file:
                return json.load(file)

    def attempt(self, name: str, failed: dict[str, str], work: Callable[..., None], *arguments: object) -> None:
        """Process one object. If Airflow refuses it, record the reason.

        Args:
            name: The object's name.
            failed: Gets Airflow's reason by name.
            work: Function that processes the object.
            arguments: Its arguments.

        Raises:
            BaseException: The database is unreachable or not migrated, so further objects would fail too.
        """
        self.complaints = ""
        try:
            work(*arguments)
        except (Exception, SystemExit) as error:
            reason = self.describe(error)
            if reason["kind"] in ("database", "migration"):
                raise
            failed[name] = reason["detail"]

    def describe(self, error: BaseException) -> dict[str, str]:
        """Return ``kind`` and ``detail`` of an exception, see errors.py."""
        return describe(error, self.complaints)


def check_database_once() -> None:
    """Make commands compare the database's version with Airflow's only the first time.

    Each comparison takes 0.1 s: Airflow reads all migrations that ever existed.
    """
    from airflow.utils import db  # noqa: PLC0415

    once(db, "check_and_run_migrations", "synchronize_log_template")


def once(module: Any, *names: str) -> None:
    """Cache the results of functions of a module that take no arguments, so that each runs only once."""
    for name in names:
        setattr(module, name, functools.lru_cache(maxsize=None)(getattr(module, name)))
