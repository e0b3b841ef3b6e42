"""Proxies for Airflow's containers, and for the build of its image."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.compose import host_name

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY")
# Never through a proxy: the container itself, and the host.
OWN = ("localhost", "127.0.0.1", "::1", "host.docker.internal")
URL = re.compile(r"https?://[^\s/]+/?")


def proxy(inputs: Mapping[str, Any], plan: Mapping[str, Any], host: str) -> dict[str, str]:
    """Return the variables of a proxy, each in both cases, because programs read either.

    The stack's services, servers and hosts are reached without it. Otherwise tasks would ask the proxy for Airflow's
    own API, the broker, or the database.

    Args:
        inputs: The public variables of role airflow: ``airflow_http_proxy``, ``airflow_https_proxy``,
            ``airflow_no_proxy``, and ``airflow_environment``, whose variables of these names count more.
        plan: The plan of the host.
        host: Its inventory name.

    Returns:
        Values by name; empty without a proxy.
    """
    given = {str(name).upper(): str(value) for name, value in inputs["airflow_environment"].items()}
    plain = str(inputs["airflow_http_proxy"])
    wanted = {"HTTP_PROXY": plain, "HTTPS_PROXY": str(inputs["airflow_https_proxy"]) or plain}
    found = {name: given.get(name, wanted[name]) for name in PROXIES}
    if not any(found.values()):
        return {}
    without = given.get("NO_PROXY", inputs["airflow_no_proxy"])
    # As text with commas, as it is written everywhere else, or as a list.
    listed = without.split(",") if isinstance(without, str) else map(str, without)
    names = [name.strip() for name in listed if name.strip()]
    # The web server of a single host fetches logs of running tasks by the worker's host name.
    containers = [host_name(f"{service}-{host}") for service in plan["services"]["airflow"]]
    stack = [*OWN, *plan["services"]["table"], *containers, *plan["addresses"].values(), *plan["servers"].values()]
    # With other entries beside it, a star no longer means all.
    everything = ["*"] if "*" in names else [*names, *filter(None, stack)]
    values = {**found, "NO_PROXY": ",".join(dict.fromkeys(everything))}
    return {each: value for name, value in values.items() if value for each in (name, name.lower())}


def proxy_problems(inputs: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with the proxies.

    Args:
        inputs: As of `proxy`.
    """
    return [
        # Without the value: it may hold a password.
        Finding("proxy-invalid", name, "this is not the address of a proxy; write http://HOST:PORT.")
        for name in ("airflow_http_proxy", "airflow_https_proxy")
        if inputs[name] and not URL.fullmatch(str(inputs[name]))
    ]
