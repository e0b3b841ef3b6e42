"""The policy that DAGs are checked against before Airflow gets them: a table of rules, and what each finds.

A rule looks at what the action dags_check of inside/dags/check.py reports, and at facts of the place where the DAGs
will run. No AnsibleModule in here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils import dag_rules
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.dag_rules import Facts, Hit, Place

# Facts of a place by name, and what is missing where one is None. Besides these a context may have `unknown`: a better
# reason by name.
FACTS = {
    "project": "the name of the compose project is not known",
    "services": "the services of the compose project are not known",
    "networks": "that takes the Docker engine of a host",
    "projects_directory": "the directory of the projects is not known",
    "airflow_directory": "the directory of the stack is not known",
    "sources": "that takes the files of a host",
    "images": "that takes the Docker engine of a host",
    "connections": "that takes the database of a host's Airflow",
    "pools": "that takes the database of a host's Airflow",
    "roles": "that takes the database of a host's Airflow",
    "queues": "that takes the inventory of the hosts",
    "slow_seconds": "no time is given",
}


@dataclass(frozen=True)
class Finding:
    """What is wrong, and what to write instead."""

    rule: str
    place: Place
    text: str

    def __str__(self) -> str:
        """Return it as one line."""
        words = [str(self.place), self.place.dag_id, self.place.task_id, f"[{self.rule}]", self.text]
        return " ".join(word for word in words if word)

    def fields(self) -> dict[str, Any]:
        """Return it as data."""
        return {"rule": self.rule, **vars(self.place), "text": self.text}


@dataclass(frozen=True)
class Rule:
    """A rule.

    :ivar id: its name, by which it is switched off
    :ivar sentence: what is wrong, and what to write instead
    :ivar find: finds what is against it in a report, given a context with the facts
    :ivar needs: names of the facts without which it finds nothing
    :ivar fixed: whether it cannot be switched off
    """

    id: str
    sentence: str
    find: Callable[[Facts, Facts], Iterator[Hit]]
    needs: tuple[str, ...] = ()
    fixed: bool = False


RULES = (
    Rule(
        "import-error",
        "Airflow cannot load it: {error}. Correct the file, or name it in .airflowignore if Airflow need not load it.",
        dag_rules.find_errors("import"),
        fixed=True,
    ),
    Rule(
        "import-write",
        "writes to Airflow's database while it is parsed, which happens again and again: {error}. Move that into a "
        "task, or add the variable to airflow_variables.",
        dag_rules.find_errors("write"),
        fixed=True,
    ),
    Rule(
        "not-serializable",
        "Airflow cannot store the DAG: {error}. Pass values that Airflow can serialize; a timetable or a priority "
        "weight strategy of your own must be registered by a plugin (airflow_plugins_source).",
        dag_rules.find_errors("serialization"),
        fixed=True,
    ),
    Rule(
        "access-control",
        "Airflow refuses the DAG's access_control: {error}. Name a role that exists and permissions that it can have.",
        dag_rules.find_errors("access"),
        needs=("roles",),
        fixed=True,
    ),
    Rule(
        "import-timeout",
        "was still loading after {seconds:g} s, which the scheduler does again and again. Move what takes so long into "
        "a task.",
        dag_rules.find_import_timeout,
        fixed=True,
    ),
    Rule(
        "import-crash",
        "ended its interpreter while loading: {end}. Remove what does that from the file's top level.",
        dag_rules.find_import_crash,
        fixed=True,
    ),
    Rule(
        "duplicate-dag-id",
        "{other} has the dag_id {dag_id!r} too, and Airflow would show only one of the two. Give this one another id.",
        dag_rules.find_duplicate_dag_id,
        fixed=True,
    ),
    Rule(
        "container-name-taken",
        "container_name {name!r} is a name of the stack's own containers or services. Begin it with the name of your "
        "project.",
        dag_rules.find_container_name_taken,
        needs=("project", "services"),
    ),
    Rule(
        "container-name-shared",
        "container_name {name!r} is that of {other} too, and only one of them can run at a time. Write a name of its "
        "own, with {{{{ dag_run.start_date | ts_nodash }}}}_{{{{ ti.map_index }}}}_{{{{ ti.try_number }}}} at its end.",
        dag_rules.find_container_name_shared,
    ),
    Rule(
        "unknown-network",
        "network_mode {network!r} is neither a mode of Docker's nor a network of the host. Write "
        'os.environ["AIRFLOW_STACK_NETWORK"], or create the network.',
        dag_rules.find_unknown_network,
        needs=("networks",),
    ),
    Rule(
        "mount-outside-projects",
        "the bind mount's source {source!r} is not below {directory}. Put the files into a project of projects_list "
        'and write os.environ["AIRFLOW_STACK_PROJECTS"] for that directory, or use a volume.',
        dag_rules.find_mount_outside_projects,
        needs=("projects_directory", "airflow_directory"),
    ),
    Rule(
        "mount-in-airflow",
        "the bind mount's source {source!r} is in {directory}, which belongs to the stack and is written anew by it. "
        "Put the files into a project of projects_list.",
        dag_rules.find_mount_in_airflow,
        needs=("airflow_directory",),
    ),
    Rule(
        "mount-missing",
        "the bind mount's source {source!r} does not exist on the host, and Docker makes none. Add it to a project of "
        "projects_list, or correct the path.",
        dag_rules.find_mount_missing,
        needs=("sources",),
    ),
    Rule(
        "image-missing",
        "image {image!r} is not on the host, and its registry does not give it: {reason}. Build it by projects_list, "
        "push it, or correct its name.",
        dag_rules.find_image_missing,
        needs=("images",),
    ),
    Rule(
        "unknown-connection",
        "there is no connection {connection!r} ({argument}). Add it to airflow_connections, or correct its id.",
        dag_rules.find_unknown_connection,
        needs=("connections",),
    ),
    Rule(
        "unknown-pool",
        "there is no pool {pool!r}, so the task would wait for ever. Add it to airflow_pools, or correct its name.",
        dag_rules.find_unknown_pool,
        needs=("pools",),
    ),
    Rule(
        "unknown-queue",
        "no worker takes tasks from queue {queue!r}, only from {known}, so it would wait for ever. Add it to "
        "airflow_worker_queues of a host, or correct its name.",
        dag_rules.find_unknown_queue,
        needs=("queues",),
    ),
    Rule(
        "schedule-never-fires",
        "the schedule {schedule} gives no run, now or later. Correct it, or write schedule=None for a DAG that "
        "people and other DAGs start.",
        dag_rules.find_schedule_never_fires,
    ),
    Rule(
        "start-date-missing",
        "has no start_date, so Airflow does not run it. Write start_date=datetime(2023, 1, 1) into the DAG.",
        dag_rules.find_start_date_missing,
    ),
    Rule(
        "slow-import",
        "takes {seconds:.1f} s to load, more than {limit:g} s, which the scheduler does again and again. Move what "
        "takes so long into a task.",
        dag_rules.find_slow_import,
        needs=("slow_seconds",),
    ),
)

# Ids of the rules that can be switched off.
OPTIONAL = tuple(rule.id for rule in RULES if not rule.fixed)


def problems(skip: Iterable[str]) -> list[str]:
    """Say what is wrong with a list of rules to switch off."""
    found = []
    optional = ", ".join(OPTIONAL)
    fixed = {rule.id for rule in RULES if rule.fixed}
    for name in skip:
        if name in fixed:
            found.append(f"skip: {name} cannot be switched off; these can: {optional}.")
        elif name not in {rule.id for rule in RULES}:
            found.append(f"skip: there is no rule {name!r} to switch off; there are {optional}.")
    return found


def check(report: Facts, context: Facts, skip: Sequence[str] = ()) -> tuple[list[Finding], dict[str, str]]:
    """Return what is against the rules, in order of the files, and why some rules could not be checked, by their ids.

    :param report: what the action dags_check reported
    :param context: facts by the names in FACTS, and maybe ``unknown``
    :param skip: ids of rules that are switched off
    """
    found: dict[Finding, None] = {}
    not_checked = {}
    for rule in RULES:
        unknown = [name for name in rule.needs if context.get(name) is None]
        if rule.id in skip:
            continue
        if unknown:
            not_checked[rule.id] = context.get("unknown", {}).get(unknown[0], FACTS[unknown[0]])
            continue
        for place, words in rule.find(report, context):
            found[Finding(rule.id, place, rule.sentence.format(**words))] = None
    return sorted(found, key=lambda each: (each.place.file, each.place.line or 0)), not_checked


# How releases say that a variable or a connection is not there.
MISSING = re.compile(
    r"Variable (.+?) (?:does not exist|not found)|conn_id `([^`]+)` isn't defined|Connection (.+?) not found"
)


def missing_name(finding: Finding) -> str:
    """Return the key of the variable or the id of the connection that a file asked for in vain, or nothing."""
    match = MISSING.search(finding.text) if finding.rule == "import-error" else None
    return next(filter(None, match.groups()), "").strip("'\"") if match else ""


def without_awaited(findings: Sequence[Finding], names: Collection[str]) -> tuple[list[Finding], list[tuple[str, str]]]:
    """Split off the findings that only say that a variable or a connection is not in Airflow yet.

    :param findings: all findings
    :param names: keys and ids that the inventory defines
    :returns: the other findings; and of what was split off the rule and why it could not be checked
    """
    rest, awaited = [], []
    for finding in findings:
        name = missing_name(finding)
        if name in names:
            reason = f"{finding.place} reads {name}, which is in the inventory but not in Airflow yet"
            awaited.append((finding.rule, reason))
        else:
            rest.append(finding)
    return rest, awaited
