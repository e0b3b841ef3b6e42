"""The result of parsing one DAG file with the release's own code, and the report of it."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..compat import find, module_processor, serializable
from ..masks import hide
from .errors import error_facts
from .facts import dags_facts
from .lines import Lines


class Parsed(NamedTuple):
    """The result of parsing a file with the release's own code.

    Attributes:
        secrets: Secrets that Airflow would mask in its logs.
        dags: All DAGs of the file, including duplicates of a dag_id.
        accepted: DAGs that Airflow accepted, by dag_id.
        loaded: Airflow's import errors by path.
        not_stored: Tracebacks of DAGs that cannot be serialized, by dag_id.
        stored: The serialized DAGs by dag_id, if the scheduler reads only those, otherwise None.
    """

    secrets: list[str]
    dags: list[Any]
    accepted: Mapping[str, Any]
    loaded: Mapping[str, str]
    not_stored: Mapping[str, str]
    stored: Mapping[str, Any] | None = None


def parsed(secrets: list[str], dags: list[Any], seen: Mapping[str, Any], errors: Mapping[str, str]) -> Parsed:
    """Return the result of parsing a file with release 3.

    Args:
        secrets: Secrets that Airflow would mask in its logs.
        dags: All DAGs of the file.
        seen: ``bag`` and ``result`` of the serialization; empty if Airflow did not get that far.
        errors: Airflow's import errors by path, including serialization errors.
    """
    done, serialization_errors = seen.get("result", ([], {}))
    stored = {dag.dag_id: dag for dag in done}
    accepted = seen["bag"].dags if seen else {}
    not_stored: dict[str, str] = {}
    for dag_id, dag in accepted.items():
        if dag_id not in stored:
            # Airflow keeps only one serialization error per file.
            not_stored[dag_id] = "\n".join(serialization_errors.values())
            try:
                serializable(dag)
            except Exception:  # noqa: BLE001 - Airflow reports any exception as an import error
                not_stored[dag_id] = traceback.format_exc()
    loaded = {path: text for path, text in errors.items() if path not in serialization_errors}
    return Parsed(secrets, dags, accepted, loaded, not_stored, stored)


def facts(request: dict[str, Any], file: Parsed) -> dict[str, Any]:
    """Return ``errors`` and ``dags`` of a report.

    Args:
        request: The request of parse.
        file: The result of parsing the file.
    """
    lines = Lines(request["path"])
    good, failed = ([dag for dag in file.dags if (dag.dag_id in file.accepted) is known] for known in (True, False))
    dags = dags_facts([dag for dag in good if dag.dag_id not in file.not_stored], lines, file.stored)
    refused = {dag_id: lines.of_dag(dag_id) for dag_id in [*(dag.dag_id for dag in failed), *file.not_stored]}
    errors = []
    for path, text in file.loaded.items():
        place = os.path.join(request["folder"], path)
        errors.append(error_facts(place, hide(file.secrets, text), request["folder"]))
    if len(failed) == len(errors) == 1:
        # The file itself can be imported, so a traceback, if there is one, contains none of its lines.
        dag_id = failed[0].dag_id
        errors[0].update(dag_id=dag_id, line=errors[0]["line"] or refused[dag_id])
    for dag_id, text in file.not_stored.items():
        error = error_facts(request["path"], hide(file.secrets, text), request["folder"], "serialization")
        errors.append({**error, "dag_id": dag_id, "line": error["line"] or refused[dag_id]})
    return {"errors": errors, "dags": dags}


def keep_tracebacks() -> None:
    """Make Airflow keep whole tracebacks: by default it keeps only the last two frames, which may be a library's."""
    from airflow.configuration import conf  # noqa: PLC0415 - only the container has Airflow

    conf.set("core", "dagbag_import_error_tracebacks", "True")
    conf.set("core", "dagbag_import_error_traceback_depth", "100")


@contextlib.contextmanager
def noted_dags(bag: Any) -> Iterator[list[Any]]:
    """Yield a list that collects the DAGs of files before Airflow drops duplicates of a dag_id.

    Args:
        bag: The DagBag that loads the files; None for the class DagBag.
    """
    kind, context = find("DAG"), find("DagContext")
    owner = module_processor(bag)
    process_modules = owner._process_modules
    found: list[Any] = []

    def noting(self: Any, filepath: str, mods: list[Any], *rest: Any) -> Any:
        values = [value for module in mods for value in vars(module).values()]
        values += [dag for dag, _ in context.autoregistered_dags]
        found.extend({id(value): value for value in values if isinstance(value, kind)}.values())
        return process_modules(self, filepath, mods, *rest)

    owner._process_modules = noting
    try:
        yield found
    finally:
        owner._process_modules = process_modules
