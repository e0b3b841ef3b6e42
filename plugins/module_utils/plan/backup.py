"""The settings of the program airflow-backup on a host, from the inventory and the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.servers import PORTS, PUBLIC_AUTHORITIES

Dict = dict[str, Any]

# Directory for dumps and for restored files; only root enters it.
STAGING = "/var/lib/airflow-backup"
# Container of the stack's own Postgres.
CONTAINER = "airflow-postgres-1"
# Secrets without which no backup can be read. They must be kept outside of the backup.
PASSWORD, SSH_KEY, KNOWN_HOSTS = "backup_password", "backup_ssh_key", "backup_ssh_known_hosts"
# Records that are of this host's present only.
RECORDS_LEFT_OUT = ("lock.json", "last", "guard", "database_volume", "backup.json", "restore.json", "upgrades")


def backup_settings(inputs: Mapping[str, Any], plan: Mapping[str, Any], host: str) -> Dict:
    """Return the settings; see `Settings` in module_utils/backup/settings.py.

    Args:
        inputs: The public variables of role airflow that are set, by name.
        plan: The plan of the host.
        host: Inventory name of the host.
    """
    keeps, external = host == plan["keeper"], inputs["airflow_postgres_external"]
    dumped = keeps and external and inputs["airflow_backup_external_database"]
    return {
        "host": host,
        "keeper": plan["keeper"],
        "services": _services(plan),
        "staging": STAGING,
        "records": plan["records"],
        **_repository(inputs),
        **_files(inputs, plan),
        "database": plan["database"],
        "container": CONTAINER if keeps and not external else "",
        "external": _external(inputs, plan) if dumped else {},
        "deployment": {name: plan["deployment"][name] for name in ("airflow_version", "image", "collection")},
        "every": inputs["airflow_backup_schedule"],
        "at": inputs["airflow_backup_time"],
        "wait": inputs["airflow_backup_wait"],
        "keep": dict(inputs["airflow_backup_keep"]),
        "prune": not inputs["airflow_backup_append_only"],
        "upload_limit": inputs["airflow_backup_upload_limit"],
        "check_subset": str(inputs["airflow_backup_check_subset"]),
        "before": list(inputs["airflow_backup_before"]),
        "after": list(inputs["airflow_backup_after"]),
    }


def _repository(inputs: Mapping[str, Any]) -> Dict:
    """Return the repository and what opens it."""
    repository, secrets = str(inputs["airflow_backup_repository"]), inputs["airflow_secrets_directory"]
    sftp = repository.startswith("sftp:")
    return {
        "repository": repository,
        "password_file": f"{secrets}/{PASSWORD}",
        "environment": {name: str(value) for name, value in inputs["airflow_backup_environment"].items()},
        "ssh_key": f"{secrets}/{SSH_KEY}" if sftp and inputs.get("airflow_backup_ssh_key") else "",
        "ssh_known_hosts": f"{secrets}/{KNOWN_HOSTS}" if sftp and inputs["airflow_backup_ssh_known_hosts"] else "",
    }


def _files(inputs: Mapping[str, Any], plan: Mapping[str, Any]) -> Dict:
    """Return which files are backed up."""
    secrets, stack, records = inputs["airflow_secrets_directory"], inputs["airflow_directory"], plan["records"]
    return {
        "paths": {"secrets": secrets, "stack": stack, "projects": plan["projects_directory"], "records": records},
        "exclude": [
            f"{stack}/logs",
            f"{secrets}/backup_*",
            ".replaced_*",
            *(f"{records}/{name}" for name in RECORDS_LEFT_OUT),
            *inputs["airflow_backup_exclude"],
        ],
        "extra": list(inputs["airflow_backup_extra_paths"]),
    }


def _services(plan: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the services of each host that has one."""
    found: dict[str, list[str]] = {}
    for service, hosts in sorted(plan["services"]["hosts"].items()):
        for host in hosts:
            found.setdefault(host, []).append(service)
    # A keeper of an external Postgres can be a host without a service.
    return {plan["keeper"]: [], **found}


def _external(inputs: Mapping[str, Any], plan: Mapping[str, Any]) -> Dict:
    """Return how a container reaches an external Postgres."""
    server = inputs["airflow_postgres_external"]
    mode = server.get("sslmode", "verify-full")
    own = server.get("ca_certificate")
    authorities = f"{plan['ca']['directory']}/postgres.crt" if own else PUBLIC_AUTHORITIES
    return {
        "image": inputs["airflow_postgres_image"],
        "network": plan["network"],
        "password_file": f"{inputs['airflow_secrets_directory']}/postgres_password",
        "authorities": authorities if mode.startswith("verify") else "",
        "environment": {
            "PGHOST": str(server["host"]),
            "PGPORT": str(server.get("port", PORTS["postgres"])),
            "PGUSER": str(server.get("user", "airflow")),
            "PGDATABASE": plan["database"],
            "PGSSLMODE": mode,
        },
    }


def backup_calendars(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Return when the timers of a host fire, in systemd's notation (systemd.time(7)).

    Args:
        inputs: The public variables of role airflow that are set, by name.

    Returns:
        ``run`` and ``drill``.
    """
    hour, minute = str(inputs["airflow_backup_time"]).split(":")
    hours = "*" if inputs["airflow_backup_schedule"] == "hourly" else hour
    return {"run": f"*-*-* {hours}:{minute}:00 UTC", "drill": str(inputs["airflow_backup_drill_calendar"])}
