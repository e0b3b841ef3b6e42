"""Checks of the external Postgres and Redis servers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.tls import is_pem


def external_problems(
    external: Mapping[str, Mapping[str, Any]],
    passwords: Mapping[str, str],
    groups: Mapping[str, Sequence[str]],
    service_groups: Mapping[str, str],
    databases: Sequence[Any],
) -> list[str]:
    """Return what is wrong with the external Postgres and Redis servers.

    Args:
        external: ``airflow_postgres_external`` and ``airflow_redis_external`` by service, if they are not empty.
        passwords: ``airflow_postgres_password`` and ``airflow_redis_password`` by service.
        groups: Ansible's ``groups``.
        service_groups: Inventory group by service name.
        databases: Value of ``airflow_postgres_databases``.
    """
    problems = []
    for service, server in external.items():
        name = f"airflow_{service}_external"
        problems += _host_problems(name, str(server.get("host") or ""))
        if hosts := groups.get(service_groups[service]):
            problems.append(
                f"{name}: group {service_groups[service]} has {', '.join(hosts)}, so there would be two servers; empty "
                "the group, or remove the variable."
            )
        if not passwords[service]:
            problems.append(f"airflow_{service}_password: is not set, but {name} requires it; set it from a vault.")
        certificate = str(server.get("ca_certificate") or "")
        if certificate and not is_pem(certificate):
            problems.append(f"{name}.ca_certificate: must be PEM text that begins with -----BEGIN.")
    if "postgres" in external and databases:
        problems.append(
            "airflow_postgres_databases: the stack creates databases only on its own Postgres; create these on your "
            "server, add them to airflow_connections, and remove this variable."
        )
    return problems


def _host_problems(name: str, host: str) -> list[str]:
    """Return what is wrong with the name or address of a server."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+", host):
        return [f"{name}.host: {host!r} is not a host; write the name or the IPv4 address of the server."]
    if host == "localhost" or host.startswith("127."):
        return [
            f"{name}.host: {host} would mean each container itself; write a name or an address of the server that all "
            "hosts and their containers can reach."
        ]
    return []
