"""The results of the module airflow_info in sentences, for the playbook verify_airflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Services with a job in the metadata database, and the type of the job.
JOBS = {"scheduler": "SchedulerJob", "dag-processor": "DagProcessorJob", "triggerer": "TriggererJob"}


def findings_of(info: Mapping[str, Any], plan: Mapping[str, Any], left_out: Sequence[str] = ()) -> list[str]:
    """Return which services and DAG files do not work.

    Args:
        info: Result of the module airflow_info with the subsets ``import_errors``, ``jobs`` and ``workers``, or with
            ``msg`` if the module failed.
        plan: The plan of any host of the stack.
        left_out: Hosts that the run did not reach.

    Returns:
        One sentence per finding; an empty list if all is well.
    """
    if "jobs" not in info:
        return [info["msg"]] if "msg" in info else []
    findings, hosts = [], _hosts(plan, left_out)
    for service, job_type in JOBS.items():
        ages = {job["hostname"]: job for job in info["jobs"] if job["job_type"] == job_type}
        for host in hosts.get(service, []):
            job = ages.get(plan["addresses"].get(host, f"{service}-{host}"))
            if job is None:
                findings.append(f"the {service} of {host} has never written a heartbeat to the database.")
            elif not job["alive"]:
                findings.append(f"the last heartbeat of the {service} of {host} is {job['heartbeat_age']:.0f} s old.")
    queues = {worker["name"]: worker["queues"] for worker in info["workers"]}
    findings += [
        f"the worker of {host} does not answer, or takes tasks from no queue."
        for host in hosts.get("worker", [])
        if not queues.get(f"celery@worker-{host}")
    ]
    findings += [
        f"{error['file']} cannot be imported: {error['error']}. Fix it in airflow_dags_source and run site.yml again."
        for error in info["import_errors"]
    ]
    return findings


def _hosts(plan: Mapping[str, Any], left_out: Sequence[str]) -> dict[str, list[str]]:
    """Return the hosts of each service that the run reached."""
    return {name: [host for host in hosts if host not in left_out] for name, hosts in plan["services"]["hosts"].items()}


def summary(info: Mapping[str, Any], plan: Mapping[str, Any], words: Mapping[str, Any]) -> list[str]:
    """Return the lines that summarize a stack at the end of a run.

    Args:
        info: Result of the module airflow_info with the subsets ``version``, ``workers`` and ``dags``.
        plan: The plan of any host of the stack.
        words: ``url``, ``admin_username``, ``admin_password_file`` (on the keeper), ``dags_release``, empty before the
            first one, ``left_out`` (hosts that the run did not reach), and ``history``, lines of the keeper's history.
    """
    hosts = _hosts(plan, words["left_out"])
    placed = [f"{name} ({', '.join(hosts[name])})" if plan["spread"] else name for name in sorted(hosts)]
    left_out = [f"Left out, because Ansible cannot reach them: {', '.join(words['left_out'])}"]
    return [
        f"Airflow {info['version']} works.",
        f"Web UI: {words['url']} on {', '.join(plan['services']['hosts']['webserver'])}",
        f"Login: {words['admin_username']}; root can read the password in {words['admin_password_file']} on "
        f"{plan['keeper']}",
        f"Services: {', '.join(placed)}",
        f"Workers: {', '.join(sorted(worker['name'] for worker in info['workers']))}",
        f"DAGs: {', '.join(sorted(dag['dag_id'] for dag in info['dags'])) or 'none yet'}",
        f"Release of the DAGs: {words['dags_release'] or 'none yet'}",
        *(f"Last change: {line}" for line in words["history"][:1]),
        *(left_out if words["left_out"] else []),
    ]
