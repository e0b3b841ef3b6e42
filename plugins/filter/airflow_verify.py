"""Filters that judge what the module airflow_info found, for the playbook verify_airflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Services that keep a job in the metadata database, and what Airflow calls it.
JOBS = {"scheduler": "SchedulerJob", "dag-processor": "DagProcessorJob", "triggerer": "TriggererJob"}


def airflow_findings(
    info: Mapping[str, Any], hosts: Mapping[str, Sequence[str]], addresses: Mapping[str, str] | None = None
) -> list[str]:
    """Return what does not work.

    :param info: result of the module airflow_info with the subsets ``import_errors``, ``jobs`` and ``workers``
    :param hosts: inventory names of the hosts that run a service, by service
    :param addresses: names under which Airflow records jobs, by host, where these are not SERVICE-HOST
    :returns: one sentence a finding; an empty list if all is well
    """
    findings = []
    for service, job_type in JOBS.items():
        ages = {job["hostname"]: job for job in info["jobs"] if job["job_type"] == job_type}
        for host in hosts.get(service, []):
            job = ages.get((addresses or {}).get(host, f"{service}-{host}"))
            if job is None:
                findings.append(f"the {service} of {host} has never left a heartbeat in the database.")
            elif not job["alive"]:
                findings.append(f"the last heartbeat of the {service} of {host} is {job['heartbeat_age']:.0f} s old.")
    queues = {worker["name"]: worker["queues"] for worker in info["workers"]}
    findings += [
        f"the worker of {host} does not answer, or takes tasks from no queue."
        for host in hosts.get("worker", [])
        if not queues.get(f"celery@worker-{host}")
    ]
    findings += [
        f"{error['file']} cannot be imported: {error['error']}. Mend it in airflow_dags_source and run site.yml again."
        for error in info["import_errors"]
    ]
    return findings


def airflow_summary(info: Mapping[str, Any], stack: Mapping[str, Any]) -> list[str]:
    """Return the few lines that a person wants to see at the end.

    :param info: result of the module airflow_info with the subsets ``version``, ``workers`` and ``dags``
    :param stack: ``url``, ``host`` (that publishes it), ``services`` (their names; on several hosts, each with its
        hosts), ``admin_username``, ``admin_password_file``, ``keeper`` (the host that has it), ``dags_release``, empty
        before the first one, and ``left_out`` (hosts that the run did not reach)
    """
    services = stack["services"]
    hosts = services if isinstance(services, Mapping) else {}
    placed = [f"{name} ({', '.join(hosts[name])})" if name in hosts else name for name in sorted(services)]
    left_out = [f"Left out, because Ansible does not reach them: {', '.join(stack['left_out'])}"]
    return [
        f"Airflow {info['version']} works.",
        f"Web UI: {stack['url']} on {stack['host']}",
        f"Login: {stack['admin_username']}; root reads the password in {stack['admin_password_file']} on "
        f"{stack['keeper']}",
        f"Services: {', '.join(placed)}",
        f"Workers: {', '.join(sorted(worker['name'] for worker in info['workers']))}",
        f"DAGs: {', '.join(sorted(dag['dag_id'] for dag in info['dags'])) or 'none yet'}",
        f"Release of the DAGs: {stack['dags_release'] or 'none yet'}",
        *(left_out if stack["left_out"] else []),
    ]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"airflow_findings": airflow_findings, "airflow_summary": airflow_summary}
