"""The values that variables of role airflow may have, where one variable alone decides.

Impossible values are refused, unusual ones are not: the highest number only has to catch a mistake in the unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.calendars import calendar
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.formats import (
    Rule,
    decimal,
    each,
    every,
    image,
    index,
    mounted_path,
    number,
    path,
    serial,
    size,
)

# Seconds; the longest time that a task may be waited for, and the longest time for anything else.
DAY, MONTH = 86400, 30 * 86400
# A date that is longer ago is before all history.
CENTURY = 36500
PORT = number(1, 65535, advice="It is a TCP port.")
# Of Redis, which numbers its databases.
DATABASE = number(0, 2**31 - 1)

RULES: dict[str, Rule] = {
    "airflow_postgres_image": image,
    "airflow_redis_image": image,
    "airflow_extra_packages_index": index,
    # The range of Postgres.
    "airflow_postgres_max_connections": number(1, 262143, "clients"),
    "airflow_directory": mounted_path,
    "airflow_secrets_directory": mounted_path,
    "airflow_docker_socket": mounted_path,
    "airflow_worker_serial": serial,
    "airflow_web_port": PORT,
    "airflow_web_workers": number(1, 1000, "processes"),
    "airflow_worker_concurrency": number(
        1, 10000, "tasks at the same time", "To run no tasks on a host, remove it from group airflow_worker."
    ),
    "airflow_worker_grace_period": number(0, MONTH, "seconds"),
    "airflow_orphans_grace_period": number(
        0, MONTH, "seconds", "To leave containers of tasks alone, write airflow_orphans_enabled: false."
    ),
    # Docker's own minimum.
    "airflow_memory_limits": every(size("6m")),
    "airflow_container_log_max_size": size("1"),
    "airflow_container_log_max_file": number(1, 10000, "files"),
    "airflow_health_timeout": number(1, DAY, "seconds"),
    "airflow_healing_patience": number(1, DAY, "seconds"),
    "airflow_healing_recovery": number(1, DAY, "seconds"),
    "airflow_healing_backoff": number(1, DAY, "seconds"),
    "airflow_dags_mount_prefixes": each(path),
    "airflow_dags_check_timeout": decimal(DAY, "seconds"),
    "airflow_dags_check_slow": decimal(DAY, "seconds"),
    "airflow_dags_keep": number(0, 10000, "releases"),
    "airflow_migration_timeout": number(60, MONTH, "seconds"),
    "airflow_upgrade_history_days": number(0, CENTURY, "days"),
    "airflow_upgrade_drain_timeout": number(0, MONTH, "seconds"),
    "airflow_upgrade_keep_days": number(0, CENTURY, "days"),
    # Airflow-watch sees a failing step every half a minute, and a day later nobody calls it an alert.
    "airflow_watch_alert_after": number(60, DAY, "seconds"),
    "airflow_postgres_reserve": number(0, 10240, "MiB"),
    "airflow_backup_wait": number(0, MONTH, "seconds"),
    "airflow_backup_upload_limit": number(0, 2**31 - 1, "KiB per second"),
    "airflow_backup_drill_calendar": calendar,
}

# Variables whose defaults are other variables. With the same value, the other one has the finding.
FOLLOWS = {"airflow_upgrade_drain_timeout": "airflow_worker_grace_period"}


def value_problems(inputs: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with the values of single variables.

    Args:
        inputs: The public variables of role airflow that are set, by name.
    """
    followed = [
        name for name, other in FOLLOWS.items() if {name, other} <= inputs.keys() and inputs[name] == inputs[other]
    ]
    names = [name for name in RULES if name in inputs and name not in followed]
    return [found for name in names for found in RULES[name](name, inputs[name])]


def service_problems(limits: Any, services: Sequence[str]) -> list[Finding]:
    """Return what is wrong with the names in ``airflow_memory_limits``.

    Args:
        limits: Memory limits by service.
        services: Services of this stack.
    """
    unknown = sorted(set(map(str, limits)) - set(services)) if isinstance(limits, Mapping) else []
    names = ", ".join(sorted(services))
    return [
        Finding("service-unknown", f"airflow_memory_limits.{name}", f"the stack has no such service; it has {names}.")
        for name in unknown
    ]
