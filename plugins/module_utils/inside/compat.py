"""All that the program must know of differences between releases of Airflow: no other file looks for one."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

# Where releases of Airflow keep what moved, the newest place first; each by the name that it has here.
MOVED = {
    "User": ["airflow.providers.fab.auth_manager.models:User", "airflow.www.fab_security.sqla.models:User"],
    "Role": ["airflow.providers.fab.auth_manager.models:Role", "airflow.www.fab_security.sqla.models:Role"],
    "EXISTING_ROLES": [
        "airflow.providers.fab.auth_manager.security_manager.constants:EXISTING_ROLES",
        "airflow.www.security:EXISTING_ROLES",
    ],
    # Judges the access_control of DAGs.
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
    # Before release 3.2 part of the bag.
    "PythonDagImporter": ["airflow.dag_processing.importers.python_importer:PythonDagImporter"],
    "celery_app": [
        "airflow.providers.celery.executors.celery_executor:app",
        "airflow.executors.celery_executor:app",
    ],
}
# Modules with Airflow's list of secrets to hide from logs: from release 3 on the services' own, and that of tasks.
MASKERS = ["airflow._shared.secrets_masker", "airflow.sdk._shared.secrets_masker", "airflow.utils.log.secrets_masker"]
# Modules that each process imports that parses a file; a release has some of them.
PROCESSOR = (
    "airflow.api_fastapi.execution_api.app",
    "airflow.dag_processing.manager",
    "airflow.models.serialized_dag",
)
# What Airflow calls the DAGs folder among its bundles, from release 3 on.
BUNDLE = "dags-folder"
# Timetables that give no run by themselves. That for datasets, since release 3 for assets, is a kind of the first one
# in some releases.
UNSCHEDULED = {"NullTimetable", "DatasetTriggeredTimetable", "AssetTriggeredTimetable"}


def find(name: str) -> Any:
    """Return what this release of Airflow has under a name of MOVED, wherever that is.

    Raises:
        ImportError: It is in none of the places.
    """
    for place in MOVED[name]:
        module, _, attribute = place.partition(":")
        with contextlib.suppress(ImportError, AttributeError):
            return getattr(importlib.import_module(module), attribute)
    raise ImportError(f"this Airflow has {name} in none of {', '.join(MOVED[name])}")


def modules_of(name: str) -> list[str]:
    """Return the modules in which releases have what find looks for."""
    return [place.partition(":")[0] for place in MOVED[name]]


def maskers() -> list[Any]:
    """Return the modules with Airflow's list of secrets to hide from logs."""
    found = []
    for name in MASKERS:
        with contextlib.suppress(ImportError):
            found.append(importlib.import_module(name))
    return found


def accepts(function: Callable[..., Any], argument: str) -> bool:
    """Return whether a function of this release has an argument of this name."""
    return argument in inspect.signature(function).parameters


def dag_files(folder: str) -> list[str]:
    """Return the paths of the files below a folder that Airflow would load, in no order.

    Modules in the folder can be imported from then on, as in Airflow's services.
    """
    from airflow.utils.file import list_py_file_paths  # noqa: PLC0415 - only the container has Airflow

    if folder not in sys.path:
        sys.path.append(folder)
    # Release 3 knows no examples here.
    examples = {"include_examples": False} if accepts(list_py_file_paths, "include_examples") else {}
    paths: list[str] = list_py_file_paths(folder, **examples)
    return paths


def has_bundles() -> bool:
    """Return whether this Airflow has bundles of DAGs, the DAGs folder being one of them: from release 3 on."""
    from airflow.models import DagModel  # noqa: PLC0415

    return hasattr(DagModel, "bundle_name")


def existing_dags() -> Any:
    """Return the condition for DAGs that still exist: the column is another one from release 3 on."""
    from airflow.models import DagModel  # noqa: PLC0415

    return ~DagModel.is_stale if has_bundles() else DagModel.is_active


def has_deferred_slots(pool: Any) -> bool:
    """Return whether pools have the field include_deferred: from release 2.7 on.

    Args:
        pool: A pool, or the class of all pools.
    """
    return hasattr(pool, "include_deferred")


def state_name(state: Any) -> str:
    """Return the name of a job's state, which is a text or an enum's member."""
    return str(getattr(state, "value", state))


def first_run(dag: Any) -> Any:
    """Return the first run that a DAG's schedule gives, None if there is none.

    Args:
        dag: The form of the DAG that the scheduler reads.
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
    """Return whether this Airflow parses a file in a process without access to its database: from release 3 on."""
    try:
        from airflow.dag_processing.processor import DagFileProcessorProcess  # noqa: PLC0415
    except ImportError:
        return False
    return hasattr(DagFileProcessorProcess, "_handle_request")


def task_api() -> Any:
    """Return a new API for tasks, within this process; None before release 3, in which variables come through it."""
    try:
        from airflow.dag_processing.processor import in_process_api_server  # noqa: PLC0415
    except ImportError:
        return None
    return in_process_api_server()


def module_processor(bag: Any) -> Any:
    """Return the class that takes the DAGs from the modules of a file: that of a bag, from release 3.2 on another one.

    Args:
        bag: A bag; None for the class of all bags.
    """
    bags = type(bag) if bag is not None else find("DagBag")
    return bags if hasattr(bags, "_process_modules") else find("PythonDagImporter")


def serializable(dag: Any) -> Any:
    """Return a DAG in the form that the model of serialized DAGs takes."""
    lazy = getattr(importlib.import_module("airflow.serialization.serialized_objects"), "LazyDeserializedDAG", None)
    return lazy.from_dag(dag) if lazy else dag


def plugin_errors() -> dict[str, str]:
    """Return the errors that Airflow met when it loaded plugins, by place."""
    from airflow import plugins_manager  # noqa: PLC0415

    # Later releases have a function for them.
    errors: dict[str, str] = getattr(plugins_manager, "get_import_errors", lambda: plugins_manager.import_errors)()
    return errors
