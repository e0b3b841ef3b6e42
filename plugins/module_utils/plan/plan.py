"""The plan of a stack: what is deployed on its hosts, as one dictionary that roles read.

It holds names, paths and addresses, never the value of a secret. The first step runs before anything is changed; the
second one adds the compose definition, for which the secrets must be known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.base_url import web_path
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.healing import policies
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.heartbeats import limits
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.release import postgres_major
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.revisions import schemas
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.servers import PORTS, elsewhere, location
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.topology import (
    keeper,
    placement,
    published,
    reachable,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.version import collection_version

Dict = dict[str, Any]

# On several hosts, it is updated after all other services, a few hosts at a time.
WORKER = "worker"
# Secrets that must be equal on all hosts, in addition to those in the release's row.
ALIKE = ("fernet_key", "webserver_secret_key")
# Secrets of servers and the CA's certificate, compared with the inventory. Hosts can have files of earlier servers.
PASSWORDS = ("postgres_password", "redis_password", "ca_certificate")


def series(version: str) -> str:
    """Return the series of a release, such as 2.5; text that is not a release is returned unchanged."""
    return re.sub(r"^(\d+\.\d+).*$", r"\1", str(version), flags=re.DOTALL)


def first_step(inputs: Mapping[str, Any], around: Mapping[str, Any]) -> Dict:
    """Return the plan of one host before the secrets are known; see the filter airflow_plan for its keys.

    Args:
        inputs: The public variables of role airflow that are set, by name, already checked.
        around: Other inputs: ``fixed``, names and numbers that are the same in every stack; the tables ``releases`` and
            ``services``; Ansible's ``groups``; ``host``, the inventory name; ``members``, with ``addresses``,
            ``queues``, ``slots`` and ``grace_periods`` by host; ``migrated``, the release and image of the last
            successful migration; ``inventories`` of the run; and ``projects_directory`` of role projects.
    """
    groups = around["groups"]
    release = around["releases"][series(inputs["airflow_version"])]
    spread = len(groups["airflow"]) > 1
    addresses = around["members"]["addresses"] if spread else {}
    services = placement(around["services"], inputs, release, spread)
    return {
        **around["fixed"],
        "release": release,
        "deployment": _deployment(inputs),
        "database": inputs["airflow_postgres_external"].get("database", "airflow"),
        "tls": inputs["airflow_tls"],
        "postgres_major": postgres_major(inputs["airflow_postgres_image"]),
        "migrated": around["migrated"],
        "schemas": schemas(version for row in around["releases"].values() for version in row["versions"]),
        "inventories": around["inventories"],
        "projects_directory": re.sub(r"(?<=.)/+$", "", around["projects_directory"]),
        "spread": spread,
        "keeper": keeper(groups),
        "addresses": addresses,
        "address": addresses.get(around["host"], ""),
        **_services(services, inputs, around, spread),
        "heartbeats": limits(inputs["airflow_config"], release["heartbeats"]),
        "published": published(services, release, groups),
        "workers": _workers(around["members"]),
        **_trust(inputs, services, addresses, groups, around["host"]),
        "web_path": web_path(inputs["airflow_config"], release["web_section"]),
        "comparison": _comparison(inputs, around["host"], addresses, services["external"], release),
    }


def _deployment(inputs: Mapping[str, Any]) -> Dict:
    """Return what a run deploys, for the history of the hosts."""
    return {
        "collection": collection_version(),
        "airflow_version": inputs["airflow_version"],
        "image": inputs["airflow_image"],
        "directory": inputs["airflow_directory"],
    }


def _services(services: Dict, inputs: Mapping[str, Any], around: Mapping[str, Any], spread: bool) -> Dict:
    """Return the services of the stack and of this host, and the policies of the latter."""
    placed = _placed(services, around, spread)
    return {
        "services": {**services, **placed},
        "healing": policies(services["table"], placed["running"], inputs),
    }


def _placed(services: Dict, around: Mapping[str, Any], spread: bool) -> Dict:
    """Return the hosts of each service, and the services of this host: all of them, and by step of a run."""
    groups, table = around["groups"], services["table"]
    running = [name for name, group in services["groups"].items() if around["host"] in groups.get(group, [])]
    return {
        "hosts": {name: list(groups.get(group, [])) for name, group in services["groups"].items()},
        "running": running,
        "airflow": [name for name in running if table[name].get("airflow")],
        "backing": [name for name in running if not table[name].get("airflow")],
        "control": [name for name in running if not (spread and name == WORKER)],
    }


def _comparison(
    inputs: Mapping[str, Any], host: str, addresses: Mapping[str, str], external: Mapping[str, Any], release: Dict
) -> Dict:
    """Return what to query on the hosts for comparing them."""
    secrets = [*ALIKE, *release["secrets"]]
    return {
        "reach": reachable(host, addresses, release),
        "servers": dict(location(name, words) for name, words in external.items()),
        "secrets": secrets,
        "passwords": list(PASSWORDS),
        "given": [name for name in secrets if inputs.get(f"airflow_{name}")],
    }


def _workers(members: Mapping[str, Any]) -> Dict:
    """Return the queues and slots of the workers by host, all queues, and the longest grace period."""
    served = {queue for queues in members["queues"].values() for queue in queues}
    grace = max((int(seconds) for seconds in members["grace_periods"].values()), default=0)
    return {"queues": members["queues"], "slots": members["slots"], "served_queues": sorted(served), "grace": grace}


def _trust(
    inputs: Mapping[str, Any], services: Dict, addresses: Mapping[str, str], groups: Mapping[str, Any], host: str
) -> Dict:
    """Return the addresses of Postgres and Redis for clients, and where their certificates are."""
    hosts = {name: list(groups.get(services["all_groups"][name], [])) for name in PORTS}
    servers = {name: addresses.get(next(iter(there), ""), name) for name, there in hosts.items()}
    directory = f"{inputs['airflow_directory']}/ca"
    return {
        "servers": servers,
        "elsewhere": elsewhere(services["external"], servers, [name for name in PORTS if host in hosts[name]]),
        "ca": {"directory": directory, "file": f"{directory}/ca.crt"},
        "certified": {
            name: address
            for name, address in servers.items()
            if inputs["airflow_tls"] and name not in services["external"]
        },
    }


def second_step(plan: Mapping[str, Any], compose: Mapping[str, Any]) -> Dict:
    """Return the plan of one host once the secrets are known; see the filter airflow_plan for its keys.

    Args:
        plan: The first step.
        compose: The compose definition of the host.
    """
    images = dict.fromkeys(service["image"] for service in compose["services"].values())
    return {**plan, "compose": compose, "images": list(images)}
