"""The frame of the program that runs inside an Airflow container.

This file is not imported there: its text travels by standard input, followed by the text of one or more files that
define actions (airflow_inside_connections.py and the like), each run in a namespace of its own. They import nothing of
ours, nothing of Airflow before it is needed, and are valid Python 3.7, which the oldest supported image has.

An action is a function ``action_NAME(airflow, request, report)``: it dispatches Airflow's own commands with the
``Airflow`` object, and fills the dict ``report`` as it goes, so that what was done before an error is known too.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

# Where releases of Airflow keep what moved, the newest place first; each by the name that it has here.
MOVED = {
    "User": ["airflow.providers.fab.auth_manager.models:User", "airflow.www.fab_security.sqla.models:User"],
    "Role": ["airflow.providers.fab.auth_manager.models:Role", "airflow.www.fab_security.sqla.models:Role"],
    "EXISTING_ROLES": [
        "airflow.providers.fab.auth_manager.security_manager.constants:EXISTING_ROLES",
        "airflow.www.security:EXISTING_ROLES",
    ],
    "Job": ["airflow.jobs.job:Job", "airflow.jobs.base_job:BaseJob"],
    "ImportError": ["airflow.models.errors:ParseImportError", "airflow.models.errors:ImportError"],
    "DAG": ["airflow.sdk:DAG", "airflow.models.dag:DAG"],
    "DagBag": ["airflow.dag_processing.dagbag:DagBag", "airflow.models.dagbag:DagBag"],
    "sync_bag_to_db": ["airflow.dag_processing.dagbag:sync_bag_to_db", "airflow.models.dagbag:sync_bag_to_db"],
    "DagContext": ["airflow.sdk.definitions._internal.contextmanager:DagContext", "airflow.models.dag:DagContext"],
    # Before release 3.2 part of the bag.
    "PythonDagImporter": ["airflow.dag_processing.importers.python_importer:PythonDagImporter"],
    "celery_app": [
        "airflow.providers.celery.executors.celery_executor:app",
        "airflow.executors.celery_executor:app",
    ],
}

# Modules with Airflow's list of secrets to hide from logs: from release 3 on the services' own, and that of tasks.
MASKERS = ["airflow._shared.secrets_masker", "airflow.sdk._shared.secrets_masker", "airflow.utils.log.secrets_masker"]

# What marks the one line of output that is the result.
MARK = "airflow-inside-result:"


class Capture(io.StringIO):
    """Output of one command: commands that close it, or ask for its name or number, find what they expect."""

    name = "<stdout>"

    def fileno(self) -> int:
        """Return the number of standard output, by which later releases than 2.5 recognise it."""
        return 1

    def close(self) -> None:
        """Stay open, to be read after the command."""


class Airflow:
    """Airflow in this process: its commands, and a private place for their input.

    :ivar output: what the last command wrote to standard output, also when it raised
    :ivar complaints: what it wrote to standard error
    :ivar actions: all actions that were sent, by the names of their functions, for one that runs others
    """

    def __init__(self, actions: dict[str, Callable[..., None]] | None = None) -> None:
        """Import Airflow; does not connect to its database."""
        from airflow.cli import cli_parser  # noqa: PLC0415 - only the container has Airflow

        forget_secrets()
        self.actions = actions or {}
        self._parser = cli_parser.get_parser()
        self.output = self.complaints = ""

    def command(self, *argv: str) -> str:
        """Run one of Airflow's command lines through its own parser and return what it printed.

        :param argv: the words after ``airflow``; they land in Airflow's audit log, so they must hold no secret
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

    def check_database_once(self) -> None:
        """Let commands compare the database's version with Airflow's the first time only.

        It takes 0.1 s each time otherwise: all migrations there ever were are read.
        """
        from airflow.utils import db  # noqa: PLC0415

        self.once(db, "check_and_run_migrations", "synchronize_log_template")

    @staticmethod
    def find(name: str) -> Any:
        """Return what this release of Airflow has under a name of MOVED, wherever that is.

        :raises ImportError: if it is in none of the places
        """
        for place in MOVED[name]:
            module, _, attribute = place.partition(":")
            with contextlib.suppress(ImportError, AttributeError):
                return getattr(importlib.import_module(module), attribute)
        raise ImportError(f"this Airflow has {name} in none of {', '.join(MOVED[name])}")

    @staticmethod
    def dag_files(folder: str) -> list[str]:
        """Return the paths of the files below a folder that Airflow would load, in no order.

        Modules in the folder can be imported from then on, as Airflow's services can.
        """
        from airflow.utils.file import list_py_file_paths  # noqa: PLC0415

        if folder not in sys.path:
            sys.path.append(folder)
        # Release 3 knows no examples here.
        examples = "include_examples" in inspect.signature(list_py_file_paths).parameters
        paths: list[str] = list_py_file_paths(folder, **({"include_examples": False} if examples else {}))
        return paths

    @staticmethod
    def maskers() -> list[Any]:
        """Return the modules with Airflow's list of secrets to hide from logs."""
        found = []
        for name in MASKERS:
            with contextlib.suppress(ImportError):
                found.append(importlib.import_module(name))
        return found

    @staticmethod
    def once(module: Any, *names: str) -> None:
        """Let functions of a module, called without arguments, run once and return the same from then on."""
        for name in names:
            setattr(module, name, functools.lru_cache(maxsize=None)(getattr(module, name)))

    def attempt(self, name: str, failed: dict[str, str], work: Callable[..., None], *arguments: object) -> None:
        """Do the work on one object; what Airflow refuses is noted, a database that is gone ends the run.

        :param name: the object's name
        :param failed: gets Airflow's reason by name
        :param work: called with the arguments
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
        """Say what an exception means: ``kind`` is a word for the caller, ``detail`` a line for people.

        The detail never holds the statement or the row at fault, which may hold secrets.
        """
        names = {kind.__name__ for kind in type(error).__mro__}
        origin = getattr(error, "orig", None)
        if origin is not None:
            # Only the first line: the row at fault comes after it, and SQLAlchemy's own text holds the parameters.
            detail = f"{type(origin).__name__}: {first_line(origin)}"
            if type(origin).__name__ in ("UndefinedTable", "UndefinedColumn") or "no such table" in detail:
                return {"kind": "migration", "detail": detail}
            unreachable = names & {"OperationalError", "InterfaceError"}
            return {"kind": "database" if unreachable else "refused", "detail": detail}
        if "InvalidToken" in names:
            return {"kind": "fernet", "detail": "a value in the database cannot be decrypted"}
        if isinstance(error, SystemExit):
            detail = error.code if isinstance(error.code, str) else self.complaints.strip().split("\n")[-1]
            unmigrated = "You need to" in detail and "database" in detail
            return {"kind": "migration" if unmigrated else "refused", "detail": detail}
        broker = type(error).__module__.startswith("kombu")
        return {"kind": "broker" if broker else "other", "detail": f"{type(error).__name__}: {first_line(error)}"}


# Directories that must not outlive the process, whichever thread ends it.
LEFTOVERS: list[str] = []


@contextlib.contextmanager
def private_path() -> Iterator[str]:
    """Give a path in a new directory of this user's own, in memory where the container has such a place.

    The directory is gone afterwards.
    """
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - mkdtemp makes a private directory
    directory = tempfile.mkdtemp(prefix="airflow-inside-", dir=place)
    LEFTOVERS.append(directory)
    try:
        yield os.path.join(directory, "data.json")
    finally:
        clean_up()


def clean_up() -> None:
    """Remove the directories that commands read their input from."""
    while LEFTOVERS:
        shutil.rmtree(LEFTOVERS.pop(), ignore_errors=True)


def first_line(text: object) -> str:
    """Return the first line of what an exception says."""
    return str(text).strip().split("\n")[0]


def forget_secrets() -> None:
    """Spare Airflow its list of secrets to hide from logs: nobody reads this process' logs.

    For each secret that it meets, it compiles one regular expression of all of them: 500 passwords cost seconds.
    """
    for module in Airflow.maskers():
        module.SecretsMasker.add_mask = lambda _self, _secret, _name=None: None


def defined_actions(program: list[list[str]]) -> dict[str, Callable[..., None]]:
    """Run files that define actions, and return these by the names of their functions.

    :param program: name and text of each file
    """
    actions: dict[str, Callable[..., None]] = {}
    for name, text in program:
        names: dict[str, Any] = {"__name__": name}
        exec(compile(text, name, "exec"), names)  # noqa: S102 - our own files, sent by our own module
        actions.update({key: value for key, value in names.items() if key.startswith("action_")})
    return actions


def main(request: dict[str, Any]) -> None:
    """Run the actions of a request in order; the first error ends it. Never returns.

    :param request: ``program``, name and text of this file and of those that define the actions; ``actions``, each a
        dict with its ``name`` and what it needs; and ``timeout`` in seconds
    """
    actions = defined_actions(request["program"][1:])
    # Airflow, its plugins and their libraries print to standard output as they like: that becomes standard error.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    once = threading.Lock()
    reports: dict[str, dict[str, Any]] = {}

    def finish(error: dict[str, str] | None) -> None:
        if once.acquire(blocking=False):
            clean_up()
            channel.write(f"\n{MARK}{json.dumps({'reports': reports, 'error': error})}\n")
            channel.flush()
            # No exit handlers: a thread that still waits for the database would hold them up for ever.
            os._exit(0)

    expired = {"kind": "timeout", "detail": f"no end after {request['timeout']} seconds"}
    watchdog = threading.Timer(request["timeout"], finish, [expired])
    watchdog.daemon = True
    watchdog.start()
    airflow = error = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            airflow = Airflow(actions)
            for action in request["actions"]:
                actions[f"action_{action['name']}"](airflow, action, reports.setdefault(action["name"], {}))
    except BaseException as caught:  # noqa: BLE001 - whatever it is, the caller gets a line that says so
        error = airflow.describe(caught) if airflow else {"kind": "no_airflow", "detail": first_line(caught)}
    finish(error)
