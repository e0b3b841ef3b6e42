"""Parses one DAG file as the DAG processor does from release 3 on.

It starts a second process for the file, which has no access to the database and asks the first one for variables and
connections (``DagFileProcessorProcess``).
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import selectors
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..compat import BUNDLE
from ..masks import remember_secrets
from .access import refused_access
from .client import Client
from .errors import check_stored, error_facts, place_of
from .report import Parsed, facts, keep_tracebacks, noted_dags, parsed

# Seconds to wait for the answers of a process that has exited: a program that it left behind may hold them back.
LEFT_BEHIND = 2.0
# Seconds between two checks whether that process has exited.
TICK = 0.1


def parse_supervised(request: dict[str, Any], report: dict[str, Any]) -> None:
    """Parse the file in a process that asks this one for variables and connections.

    Args:
        request: The request of parse.
        report: The report of parse.
    """
    # The other process writes the place of its own crash or hang.
    faulthandler.cancel_dump_traceback_later()
    with tempfile.TemporaryDirectory() as logs, tempfile.TemporaryFile() as answer:
        process = run_process(request, logs, answer)
        answer.seek(0)
        told = answer.read()
    if told:
        report.update(json.loads(told))
    else:
        report["crash"] = ending(process._exit_code)
    result = process.parsing_result
    if told and result is not None and "crash" not in report:
        judge(request, report, result.serialized_dags)


def run_process(request: dict[str, Any], logs: str, answer: Any) -> Any:
    """Run the parsing process until it has exited, and return it.

    Args:
        request: The request of parse.
        logs: A directory for its log.
        answer: The file that gets its report.
    """
    from airflow.configuration import conf  # noqa: PLC0415 - only the container has Airflow
    from airflow.dag_processing.bundles.manager import DagBundlesManager  # noqa: PLC0415
    from airflow.dag_processing.manager import DagFileInfo, DagFileProcessorManager  # noqa: PLC0415

    folder = Path(request["folder"])
    conf.set("logging", "dag_processor_child_process_log_directory", logs)
    # The client holds a web application and a thread, which few files need.
    kind = type("Manager", (DagFileProcessorManager,), {"client": Client(request.get("api"))})
    # Same as in a running manager.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    manager = kind(max_runs=1, selector=selectors.DefaultSelector())
    manager._dag_bundles = list(DagBundlesManager().get_all_dag_bundles())
    file = DagFileInfo(rel_path=Path(request["path"]).relative_to(folder), bundle_name=BUNDLE, bundle_path=folder)
    with answering(request, answer):
        process = manager._create_process(file)
    wait(manager, process)
    return process


def judge(request: dict[str, Any], report: dict[str, Any], dags: list[Any]) -> None:
    """Add the errors that the DAG processor would get when it stores the DAGs.

    Args:
        request: The request of parse.
        report: The report of parse.
        dags: The serialized DAGs.
    """
    from airflow.models.serialized_dag import SerializedDagModel  # noqa: PLC0415

    stored = {}
    for dag in dags:
        try:
            # An instance of the model that is not added to any session.
            check_stored(SerializedDagModel(dag).data)
            stored[dag.dag_id] = dag.access_control
        except Exception:  # noqa: BLE001 - Airflow reports any exception as an import error
            error = error_facts(request["path"], traceback.format_exc(), request["folder"], "serialization")
            report["errors"].append({**error, **place_of(dag.dag_id, report["dags"])})
    if request["database"]:
        report["errors"] += refused_access(stored, request, report["dags"])


@contextlib.contextmanager
def answering(request: dict[str, Any], answer: Any) -> Iterator[None]:
    """Make a parsing process that is started in this context write a report of the file.

    Args:
        request: The request of parse.
        answer: The file that gets the report, as JSON.
    """
    from airflow.dag_processing import processor  # noqa: PLC0415

    parse, serialize = processor._parse_file, processor._serialize_dags

    def parse_and_tell(message: Any, log: Any) -> Any:
        faulthandler.enable(request["pipe"], all_threads=False)
        # The time limit of the file began when this process' parent was started.
        left = max(request["until"] - time.monotonic(), TICK)
        faulthandler.dump_traceback_later(left, file=request["pipe"])
        secrets = remember_secrets()
        seen: dict[str, Any] = {}

        def serialize_and_note(bag: Any, log: Any) -> Any:
            seen["bag"], seen["result"] = bag, serialize(bag, log)
            return seen["result"]

        processor._serialize_dags = serialize_and_note
        keep_tracebacks()
        with noted_dags(None) as dags:
            result = parse(message, log)
        tell(request, answer, lambda: parsed(secrets, dags, seen, result.import_errors))
        return result

    processor._parse_file = parse_and_tell
    try:
        yield
    finally:
        processor._parse_file = parse


def tell(request: dict[str, Any], answer: Any, made: Callable[[], Parsed]) -> None:
    """Write the report of the file.

    Args:
        request: The request of parse.
        answer: The file that gets the report, as JSON.
        made: Returns the result of parsing the file.
    """
    try:
        told = facts(request, made())
    except Exception as error:  # noqa: BLE001 - nobody else would report it
        told = {"crash": type(error).__name__, "trace": traceback.format_exc()}
    faulthandler.cancel_dump_traceback_later()
    answer.write(json.dumps(told).encode())
    answer.flush()


def wait(manager: Any, process: Any) -> None:
    """Answer the requests of a parsing process until it has exited.

    Args:
        manager: The release's own manager, which holds the sockets of the process.
        process: The process.
    """
    until = None
    while not process.is_ready and (until is None or time.monotonic() < until):
        manager._service_processor_sockets(timeout=TICK)
        if process._exit_code is not None and until is None:
            until = time.monotonic() + (0 if process.parsing_result else LEFT_BEHIND)


def ending(code: int) -> str:
    """Describe how a process without a report ended.

    Args:
        code: Its exit code, or the negative number of a signal.
    """
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"os._exit or C code with exit code {int(code)}"
