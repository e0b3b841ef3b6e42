"""Runs the actions of one request and writes their reports; see the package's docstring in start.py.

An action is a function ``action_NAME(airflow, request, report)`` of a module of this package. It fills the dict
``report`` step by step, so that the caller also gets what was done before an error.
"""

from __future__ import annotations

import importlib
import json
import os
import threading
import warnings
from collections.abc import Callable
from typing import Any

from .commands import Airflow
from .errors import first_line
from .temporary import clean_up

# Marks the one line of output that is the result.
MARK = "airflow-inside-result:"


def defined_actions(modules: list[str]) -> dict[str, Callable[..., None]]:
    """Return the actions of some modules by the names of their functions.

    Args:
        modules: Names of modules in this package.
    """
    actions: dict[str, Callable[..., None]] = {}
    for name in modules:
        names = vars(importlib.import_module(f".{name}", __package__))
        actions.update({key: value for key, value in names.items() if key.startswith("action_")})
    return actions


class Result:
    """The single result line that the caller reads, written by the first thread that finishes.

    Attributes:
        reports: Reports of the actions so far, by action name.
    """

    def __init__(self) -> None:
        """Reserve standard output for the result."""
        # Airflow, its plugins and their libraries print to standard output too: redirect that to standard error.
        self.channel = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self.once = threading.Lock()
        self.reports: dict[str, dict[str, Any]] = {}

    def finish(self, error: dict[str, str] | None) -> None:
        """Write the result and end the process, unless another thread is already doing so.

        Args:
            error: ``kind`` and ``detail`` of the error, None if all actions succeeded.
        """
        if self.once.acquire(blocking=False):
            clean_up()
            self.channel.write(f"\n{MARK}{json.dumps({'reports': self.reports, 'error': error})}\n")
            self.channel.flush()
            # Skip the exit handlers: a thread that still waits for the database would block them forever.
            os._exit(0)


def main(request: dict[str, Any]) -> None:
    """Run the actions of a request in order, up to the first error. Never returns.

    Args:
        request: ``modules``, names of the modules in this package that define actions; ``actions``, each a dict with
            its ``name`` and its own input; ``timeout`` in seconds.
    """
    actions = defined_actions(request["modules"])
    result = Result()
    expired = {"kind": "timeout", "detail": f"did not finish within {request['timeout']} seconds"}
    watchdog = threading.Timer(request["timeout"], result.finish, [expired])
    watchdog.daemon = True
    watchdog.start()
    airflow = error = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            airflow = Airflow()
            for action in request["actions"]:
                run = actions[f"action_{action['name']}"]
                run(airflow, action, result.reports.setdefault(action["name"], {}))
    except BaseException as caught:  # noqa: BLE001 - any error is reported to the caller
        error = airflow.describe(caught) if airflow else {"kind": "no_airflow", "detail": first_line(caught)}
    result.finish(error)
