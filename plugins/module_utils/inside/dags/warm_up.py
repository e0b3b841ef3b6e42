"""Imports the modules that DAG files need, once for all of their processes."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

from ..compat import PROCESSOR, find, modules_of, serializable, task_api

FIRST = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
with DAG("first", schedule="0 0 * * *", start_date=datetime(2023, 1, 1)) as dag:
    BashOperator(task_id="first", bash_command="true")
"""
# Makes Airflow scan all of its providers.
FIRST_DECORATOR = """
from airflow.decorators import task
hasattr(task, "docker")
"""
# Words in most files that ask Airflow for a variable or a connection.
NEEDS_API = re.compile(rb"Variable|[Cc]onnection|Hook")
AIRFLOW_IMPORT = re.compile(rb"^\s*(?:from|import)\s+(airflow(?:\.\w+)+)", re.MULTILINE)


def warm_up(paths: Iterable[str]) -> None:
    """Import the parts of Airflow that these files need, once for all of them.

    Airflow does the same from release 2.6 on (parsing_pre_import_airflow_modules). A module that cannot be imported
    fails again in the file that imports it, where it is reported.

    Args:
        paths: The files.
    """
    names, first = set(PROCESSOR), FIRST
    for text in texts(paths):
        names.update(name.decode() for name in AIRFLOW_IMPORT.findall(text))
        names.update(modules_of("ApplessAirflowSecurityManager") if b"access_control" in text else ())
        first += FIRST_DECORATOR if b"@task." in text and FIRST_DECORATOR not in first else ""
    for name in sorted(names):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    with contextlib.suppress(Exception):
        load_first(first)


def load_first(text: str) -> None:
    """Load and serialize the DAG of a file.

    Airflow imports many modules only with the first DAG, and the schema of stored DAGs when it serializes one.

    Args:
        text: Content of the file.
    """
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "first.py")
        with open(path, "w") as file:
            file.write(text)
        bag = find("DagBag")(dag_folder=os.devnull, collect_dags=False)
        bag.process_file(path)
        model = importlib.import_module("airflow.models.serialized_dag").SerializedDagModel
        for dag in bag.dags.values():
            # It is not added to any session. The first instance makes SQLAlchemy configure all models.
            model(serializable(dag))


def texts(paths: Iterable[str]) -> Iterator[bytes]:
    """Yield the contents of the Python files, without archives."""
    for path in paths:
        if path.endswith(".py"):
            with contextlib.suppress(OSError), open(path, "rb") as file:
                yield file.read()


def api(paths: Iterable[str]) -> Any:
    """Return Airflow's in-process task API, through which files read variables and connections from release 3 on.

    Creating it takes seconds, so it is created here, once for all files. Its server has a thread and does not survive a
    fork: each process creates that part itself.

    Args:
        paths: The files.

    Returns:
        The API; None before release 3, or if no file seems to need it.
    """
    made = task_api() if any(NEEDS_API.search(text) for text in texts(paths)) else None
    if made is None:
        return None
    import httpx  # noqa: PLC0415 - release 3 needs it

    async def ask() -> None:
        async with httpx.AsyncClient(transport=made.atransport, base_url="http://in-process.invalid./") as client:
            await client.get("/nothing")

    # Its routes are created on the first request.
    with contextlib.suppress(Exception):
        asyncio.run(ask())
    return made
