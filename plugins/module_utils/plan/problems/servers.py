"""Checks of the external Postgres and Redis servers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.tls import is_pem
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.values import DATABASE, PORT


def external_problems(
    external: Mapping[str, Mapping[str, Any]],
    passwords: Mapping[str, str],
    groups: Mapping[str, Sequence[str]],
    service_groups: Mapping[str, str],
    databases: Sequence[Any],
) -> list[Finding]:
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
        problems += _server_problems(name, server)
        if hosts := groups.get(service_groups[service]):
            text = (
                f"group {service_groups[service]} has {', '.join(hosts)}, so there would be two servers; empty the "
                "group, or remove the variable."
            )
            problems.append(Finding("server-twice", name, text))
        if not passwords[service]:
            text = f"is not set, but {name} requires it; set it from a vault."
            problems.append(Finding("server-password-missing", f"airflow_{service}_password", text))
    if "postgres" in external and databases:
        text = (
            "the stack creates databases only on its own Postgres; create these on your server, add them to "
            "airflow_connections, and remove this variable."
        )
        problems.append(Finding("server-databases", "airflow_postgres_databases", text))
    return problems


def _server_problems(name: str, server: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with the address, the port, the database's number and the certificate of a server."""
    problems = _host_problems(f"{name}.host", str(server.get("host") or ""))
    if "port" in server:
        problems += PORT(f"{name}.port", server["port"])
    if "database" in server and name == "airflow_redis_external":
        problems += DATABASE(f"{name}.database", server["database"])
    certificate = str(server.get("ca_certificate") or "")
    if certificate and not is_pem(certificate):
        text = "must be PEM text that begins with -----BEGIN."
        problems.append(Finding("pem-invalid", f"{name}.ca_certificate", text))
    return problems


def _host_problems(place: str, host: str) -> list[Finding]:
    """Return what is wrong with the name or address of a server."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+", host):
        text = f"{host!r} is not a host; write the name or the IPv4 address of the server."
        return [Finding("server-invalid", place, text)]
    if host == "localhost" or host.startswith("127."):
        text = (
            f"{host} would mean each container itself; write a name or an address of the server that all hosts and "
            "their containers can reach."
        )
        return [Finding("server-local", place, text)]
    return []
