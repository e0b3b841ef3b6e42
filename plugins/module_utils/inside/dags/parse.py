"""Parses one DAG file as the release's own DAG processor does, in a separate process.

Before release 3 the DAG processor loads a file with a ``DagBag``, and variables and connections that the file asks for
come from the database. From release 3 on it starts a second process for the file, see supervised.py. Both then
serialize each DAG, and let the auth manager validate its ``access_control``. All of this happens here too, with the
same code of Airflow, but nothing is written: see read_only and check_access.
"""

from __future__ import annotations

import os
import traceback
from typing import Any

from ..compat import find, is_supervised
from ..masks import remember_secrets
from .access import refused_access
from .errors import check_stored
from .report import Parsed, facts, keep_tracebacks, noted_dags
from .supervised import parse_supervised


def parse(request: dict[str, Any], report: dict[str, Any]) -> None:
    """Parse one file.

    Args:
        request: ``folder`` and ``path``; ``until``, the deadline of the file on the clock ``time.monotonic``;
            ``pipe``, a file descriptor to which Python writes the place of a crash or a hang; ``database``, whether a
            stack's database is available; ``api``, see warm_up.py.
        report: Gets ``errors``, each with ``text``, ``file``, ``line`` and ``dag_id`` where known, ``kind``
            (``import``, ``write``, ``serialization`` or ``access``) and ``timeout``, whether Airflow's own timeout
            caused it; and ``dags``, see dag_facts; or ``crash``, in words, if the process ended.
    """
    if is_supervised():
        parse_supervised(request, report)
    else:
        parse_here(request, report)


def parse_here(request: dict[str, Any], report: dict[str, Any]) -> None:
    """Parse the file in this process, as releases before 3 do.

    Args:
        request: The request of parse.
        report: The report of parse.
    """
    from airflow.configuration import conf  # noqa: PLC0415 - only the container has Airflow
    from airflow.models.serialized_dag import SerializedDagModel  # noqa: PLC0415

    secrets = remember_secrets()
    keep_tracebacks()
    bag = find("DagBag")(dag_folder=os.devnull, collect_dags=False)
    with noted_dags(bag) as dags:
        safe = conf.getboolean("core", "dag_discovery_safe_mode")
        bag.process_file(request["path"], only_if_updated=False, safe_mode=safe)
    not_stored = {}
    for dag_id, dag in bag.dags.items():
        try:
            # An instance of the model that is not added to any session.
            check_stored(SerializedDagModel(dag).data)
        except Exception:  # noqa: BLE001 - Airflow reports any exception as an import error
            not_stored[dag_id] = traceback.format_exc()
    report.update(facts(request, Parsed(secrets, dags, bag.dags, bag.import_errors, not_stored)))
    if request["database"]:
        stored = {dag_id: dag.access_control for dag_id, dag in bag.dags.items() if dag_id not in not_stored}
        report["errors"] += refused_access(stored, request, report["dags"])
