"""The rules that DAGs are checked against before they are deployed.

A rule examines the report of the action dags_check of inside/dags/check.py, and facts about the host where the DAGs
will run (FACTS in policy.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check import container_finders, finders
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_check.report import Facts, Hit


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        id: Its name, with which it can be disabled.
        sentence: What is wrong, and what to write instead.
        find: Finds violations of it in a report, given a context with the facts.
        needs: Names of the facts that it requires.
        fixed: Whether it cannot be disabled.
        warning: Whether its findings do not prevent the deployment of a release.
    """

    id: str
    sentence: str
    find: Callable[[Facts, Facts], Iterator[Hit]]
    needs: tuple[str, ...] = ()
    fixed: bool = False
    warning: bool = False


RULES = (
    Rule(
        "import-error",
        "Airflow cannot load it: {error}. Correct the file, or list it in .airflowignore if Airflow need not load it.",
        finders.find_errors("import"),
        fixed=True,
    ),
    Rule(
        "import-write",
        "writes to Airflow's database while it is parsed, which happens repeatedly: {error}. Move that code into a "
        "task, or add the variable to airflow_variables.",
        finders.find_errors("write"),
        fixed=True,
    ),
    Rule(
        "not-serializable",
        "Airflow cannot store the DAG: {error}. Pass values that Airflow can serialize; a timetable or a priority "
        "weight strategy of your own must be registered by a plugin (airflow_plugins_source).",
        finders.find_errors("serialization"),
        fixed=True,
    ),
    Rule(
        "access-control",
        "Airflow refuses the DAG's access_control: {error}. Name a role that exists and permissions that it can have.",
        finders.find_errors("access"),
        needs=("roles",),
        fixed=True,
    ),
    Rule(
        "import-timeout",
        "was still loading after {seconds:g} s, and the scheduler loads it repeatedly. Move the slow code into a task.",
        finders.find_import_timeout,
        fixed=True,
    ),
    Rule(
        "import-crash",
        "ended its interpreter while loading: {end}. Remove the code that does so from the file's top level.",
        finders.find_import_crash,
        fixed=True,
    ),
    Rule(
        "duplicate-dag-id",
        "{other} has the dag_id {dag_id!r} too, and Airflow would show only one of the two. Give this one another id.",
        finders.find_duplicate_dag_id,
        fixed=True,
    ),
    Rule(
        "container-name-taken",
        "container_name {name!r} is reserved for the stack's own containers or services. Begin it with the name of "
        "your project.",
        container_finders.find_container_name_taken,
        needs=("project", "services"),
    ),
    Rule(
        "container-name-shared",
        "container_name {name!r} is also used by {other}, and only one of them can run at a time. Write a unique "
        "name, with {{{{ dag_run.start_date | ts_nodash }}}}_{{{{ ti.map_index }}}}_{{{{ ti.try_number }}}} at its "
        "end.",
        container_finders.find_container_name_shared,
    ),
    Rule(
        "unknown-network",
        "network_mode {network!r} is neither a network mode of Docker nor a network of the host. Write "
        'os.environ["AIRFLOW_STACK_NETWORK"], or create the network.',
        container_finders.find_unknown_network,
        needs=("networks",),
    ),
    Rule(
        "mount-outside-projects",
        "the bind mount's source {source!r} is not below {directory}. Put the files into a project of projects_list "
        'and write os.environ["AIRFLOW_STACK_PROJECTS"] for that directory, use a volume, or add the directory to '
        "airflow_dags_mount_prefixes.",
        container_finders.find_mount_outside_projects,
        needs=("projects_directory", "airflow_directory"),
    ),
    Rule(
        "mount-in-airflow",
        "the bind mount's source {source!r} is in {directory}, which belongs to the stack and is overwritten by it. "
        "Put the files into a project of projects_list.",
        container_finders.find_mount_in_airflow,
        needs=("airflow_directory",),
    ),
    Rule(
        "mount-missing",
        "the bind mount's source {source!r} does not exist on the host, and Docker does not create it. Add it to a "
        "project of projects_list, or correct the path.",
        container_finders.find_mount_missing,
        needs=("sources",),
    ),
    Rule(
        "image-missing",
        "image {image!r} is not on the host, and its registry does not provide it: {reason}. Build it with "
        "projects_list, push it, or correct its name.",
        container_finders.find_image_missing,
        needs=("images",),
    ),
    Rule(
        "unknown-connection",
        "there is no connection {connection!r} ({argument}). Add it to airflow_connections, or correct its id.",
        finders.find_unknown_connection,
        needs=("connections",),
    ),
    Rule(
        "unknown-pool",
        "there is no pool {pool!r}, so the task would wait for ever. Add it to airflow_pools, or correct its name.",
        finders.find_unknown_pool,
        needs=("pools",),
    ),
    Rule(
        "unknown-queue",
        "no worker takes tasks from queue {queue!r}, only from {known}, so the task would wait for ever. Add the "
        "queue to airflow_worker_queues of a host, or correct its name.",
        finders.find_unknown_queue,
        needs=("queues",),
    ),
    Rule(
        "schedule-never-fires",
        "the schedule {schedule} never triggers a run. Correct it, or write schedule=None for a DAG that is started "
        "manually or by other DAGs.",
        finders.find_schedule_never_fires,
    ),
    Rule(
        "schedule-ended",
        "its end_date {end} is past, so the schedule {schedule} triggers no more runs. Remove end_date, or the DAG.",
        finders.find_schedule_ended,
        warning=True,
    ),
    Rule(
        "path-in-dags",
        "{path!r} will not exist: the DAG files are in a directory of their release. Begin the path with "
        "os.path.dirname(__file__), or write {instead!r}.",
        finders.find_path_in_dags,
        # The command may run on another machine.
        warning=True,
    ),
    Rule(
        "start-date-missing",
        "has no start_date, so Airflow does not run it. Write start_date=datetime(2023, 1, 1) into the DAG.",
        finders.find_start_date_missing,
    ),
    Rule(
        "slow-import",
        "takes {seconds:.1f} s to load, more than {limit:g} s, and the scheduler loads it repeatedly. Move the slow "
        "code into a task.",
        finders.find_slow_import,
        needs=("slow_seconds",),
    ),
)

# Ids of the rules that can be disabled.
OPTIONAL = tuple(rule.id for rule in RULES if not rule.fixed)
