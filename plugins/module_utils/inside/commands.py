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
    """Output of one command. Commands may close it, or ask for its name or number."""

    name = "<stdout>"

    def fileno(self) -> int:
        """Return the number of standard output, by which releases after 2.5 recognise it."""
        return 1

    def close(self) -> None:
        """Stay open, to be read after the command."""


class Airflow:
    """Airflow in this process.

    Attributes:
        output: What the last command wrote to standard output, also if it raised.
        complaints: What it wrote to standard error.
    """

    def __init__(self) -> None:
        """Import Airflow; does not connect to its database."""
        from airflow.cli import cli_parser  # noqa: PLC0415 - only the container has Airflow

        forget_secrets()
        self._parser = cli_parser.get_parser()
        self.output = self.complaints = ""

    def command(self, *argv: str) -> str:
        """Run one of Airflow's command lines through its own parser and return what it printed.

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
        """Run a command whose last word is the path of a JSON file with these data, readable by this user only."""
        with private_path() as path:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(data, file)
            return self.command(*argv, path)

    def command_to_file(self, *argv: str) -> Any:
        """Run a command whose last word is the path of a JSON file that it writes, and return the data."""
        with private_path() as path:
            self.command(*argv, path)
            with open(path) as file:
                return json.load(file)

    def attempt(self, name: str, failed: dict[str, str], work: Callable[..., None], *arguments: object) -> None:
        """Do the work on one object. If Airflow refuses it, note why.

        Args:
            name: The object's name.
            failed: Gets Airflow's reason by name.
            work: Called with the arguments.
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
    """Let commands compare the database's version with Airflow's the first time only.

    It takes 0.1 s each time otherwise: Airflow reads all migrations there ever were.
    """
    from airflow.utils import db  # noqa: PLC0415

    once(db, "check_and_run_migrations", "synchronize_log_template")


def once(module: Any, *names: str) -> None:
    """Let functions of a module, called without arguments, run once and return the same from then on."""
    for name in names:
        setattr(module, name, functools.lru_cache(maxsize=None)(getattr(module, name)))
