"""Handles all differences between releases of Airflow for this package; no other file checks for them."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

# Import paths of what moved between releases of Airflow, newest first, by the name used here.
MOVED = {
    "User": ["airflow.providers.fab.auth_manager.models:User", "airflow.www.fab_security.sqla.models:User"],
    "Role": ["airflow.providers.fab.auth_manager.models:Role", "airflow.www.fab_security.sqla.models:Role"],
    "EXISTING_ROLES": [
        "airflow.providers.fab.auth_manager.security_manager.constants:EXISTING_ROLES",
        "airflow.www.security:EXISTING_ROLES",
    ],
    # Validates the access_control of DAGs.
    "ApplessAirflowSecurityManager": [
        "airflow.providers.fab.www.security_appless:ApplessAirflowSecurityManager",
        "airflow.www.security_appless:ApplessAirflowSecurityManager",
        "airflow.www.security:ApplessAirflowSecurityManager",
    ],
    "Job": ["airflow.jobs.job:Job", "airflow.jobs.base_job:BaseJob"],
    "ImportError": ["airflow.models.errors:ParseImportError", "airflow.models.errors:ImportError"],
    "DAG": ["airflow.sdk:DAG", "airflow.models.dag:DAG"],
    "DagBag": ["airflow.dag_processing.dagbag:DagBag", "airflow.models.dagbag:DagBag"],
    "sync_bag_to_db": ["airflow.dag_processing.dagbag:sync_bag_to_db", "airflow.models.dagbag:sync_bag_to_db"],
    "DagContext": ["airflow.sdk.definitions._internal.contextmanager:DagContext", "airflow.models.dag:DagContext"],
    # Part of DagBag before release 3.2.
    "PythonDagImporter": ["airflow.dag_processing.importers.python_importer:PythonDagImporter"],
    "celery_app": [
        "airflow.providers.celery.executors.celery_executor:app",
        "airflow.executors.celery_executor:app",
    ],
}
# Modules with Airflow's secrets masker: from release 3 on, one for the services and one for tasks.
MASKERS = ["airflow._shared.secrets_masker", "airflow.sdk._shared.secrets_masker", "airflow.utils.log.secrets_masker"]
# Modules that every process for parsing DAG files imports; each release has some of them.
PROCESSOR = (
    "airflow.api_fastapi.execution_api.app",
    "airflow.dag_processing.manager",
    "airflow.models.serialized_dag",
)
# Airflow's name for the bundle of the DAGs folder, from release 3 on.
BUNDLE = "dags-folder"
# Timetables that schedule no runs by themselves. The one for datasets, since release 3 for assets, is a subclass of
# NullTimetable in some releases.
UNSCHEDULED = {"NullTimetable", "DatasetTriggeredTimetable", "AssetTriggeredTimetable"}


def find(name: str) -> Any:
    """Import an object of MOVED from wherever this release of Airflow has it.

    Raises:
        ImportError: This release has it in none of these places.
    """
    for place in MOVED[name]:
        module, _, attribute = place.partition(":")
        with contextlib.suppress(ImportError, AttributeError):
            return getattr(importlib.import_module(module), attribute)
    raise ImportError(f"this Airflow has no {name}; looked in {', '.join(MOVED[name])}")


def modules_of(name: str) -> list[str]:
    """Return the modules in which find looks for an object."""
    return [place.partition(":")[0] for place in MOVED[name]]


def maskers() -> list[Any]:
    """Return the modules with a secrets masker that this release has."""
    found = []
    for name in MASKERS:
        with contextlib.suppress(ImportError):
            found.append(importlib.import_module(name))
    return found


def accepts(function: Callable[..., Any], argument: str) -> bool:
    """Return whether a function of this release has an argument of this name."""
    return argument in inspect.signature(function).parameters


def dag_files(folder: str) -> list[str]:
    """Return the paths of the files below a folder that Airflow would load, unordered.

    The folder is added to sys.path, as in Airflow's services, so that its modules can be imported.
    """
    from airflow.utils.file import list_py_file_paths  # noqa: PLC0415 - only the container has Airflow

    if folder not in sys.path:
        sys.path.append(folder)
    # In release 3 this function has no option for the examples.
    examples = {"include_examples": False} if accepts(list_py_file_paths, "include_examples") else {}
    paths: list[str] = list_py_file_paths(folder, **examples)
    return paths


def has_bundles() -> bool:
    """Return whether this Airflow has DAG bundles, the DAGs folder being one of them: from release 3 on."""
    from airflow.models import DagModel  # noqa: PLC0415

    return hasattr(DagModel, "bundle_name")


def existing_dags() -> Any:
    """Return the query condition for DAGs that still exist; its column differs from release 3 on."""
    from airflow.models import DagModel  # noqa: PLC0415

    return ~DagModel.is_stale if has_bundles() else DagModel.is_active


def has_deferred_slots(pool: Any) -> bool:
    """Return whether a pool, or the class of all pools, has the field include_deferred: from release 2.7 on."""
    return hasattr(pool, "include_deferred")


def access_control(dag: dict[str, Any]) -> Any:
    """Return what a serialized DAG grants to roles, None if it sets nothing; before release 3 the key differs."""
    return dag.get("access_control", dag.get("_access_control"))


def state_name(state: Any) -> str:
    """Return the name of a job's state, which is a string or an enum member."""
    return str(getattr(state, "value", state))


def first_run(dag: Any) -> Any:
    """Return the first run of a DAG's schedule, None if there is none.

    Args:
        dag: The DAG in the form that the scheduler reads.
    """
    # The method takes the previous run. Release 3.2 renamed the argument, and in release 3 only the real DAG behind the
    # lazy one has it in its signature.
    known = getattr(dag, "_real_dag", dag)
    before = next(iter(inspect.signature(known.next_dagrun_info).parameters))
    try:
        return dag.next_dagrun_info(**{before: None})
    except Exception:  # noqa: BLE001 - a timetable's own code; Airflow ignores its errors and creates no run
        return None


def is_supervised() -> bool:
    """Return whether this Airflow parses DAG files in a process without database access: from release 3 on."""
    try:
        from airflow.dag_processing.processor import DagFileProcessorProcess  # noqa: PLC0415
    except ImportError:
        return False
    return hasattr(DagFileProcessorProcess, "_handle_request")


def task_api() -> Any:
    """Return a new in-process task API, through which release 3 reads variables; None in earlier releases."""
    try:
        from airflow.dag_processing.processor import in_process_api_server  # noqa: PLC0415
    except ImportError:
        return None
    return in_process_api_server()


def module_processor(bag: Any) -> Any:
    """Return the class that collects the DAGs from a file's modules: DagBag, from release 3.2 on PythonDagImporter.

    Args:
        bag: A DagBag; None for the class DagBag.
    """
    bags = type(bag) if bag is not None else find("DagBag")
    return bags if hasattr(bags, "_process_modules") else find("PythonDagImporter")


def serializable(dag: Any) -> Any:
    """Return a DAG in the form that the model of serialized DAGs accepts."""
    lazy = getattr(importlib.import_module("airflow.serialization.serialized_objects"), "LazyDeserializedDAG", None)
    return lazy.from_dag(dag) if lazy else dag


def heartbeat_limit(job_type: str) -> float:
    """Return the seconds after which a job without a heartbeat is dead; not each type has an option in all releases."""
    from airflow.configuration import conf  # noqa: PLC0415

    limit = conf.getfloat("scheduler", "scheduler_health_check_threshold")
    options = {
        "TriggererJob": ("triggerer", "triggerer_health_check_threshold"),
        "DagProcessorJob": ("dag_processor", "health_check_threshold"),
    }
    return float(conf.getfloat(*options[job_type], fallback=limit) if job_type in options else limit)


def plugin_errors() -> dict[str, str]:
    """Return the errors from loading Airflow's plugins, by path or plugin name."""
    from airflow import plugins_manager  # noqa: PLC0415

    # Later releases have a function for the errors.
    errors: dict[str, str] = getattr(plugins_manager, "get_import_errors", lambda: plugins_manager.import_errors)()
    return errors
