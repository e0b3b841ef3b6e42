"""All checks of role airflow's inputs, of the inventory, and of how the run was started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.finding import Finding
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.names import (
    flattened_problems,
    misspelt_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.findings.report import accepted_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan import topology
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.base_url import base_url_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.environment import environment_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.heartbeats import heartbeat_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import config_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems import (
    addresses,
    agreement,
    backup,
    capacity,
    databases,
    mounts,
    network,
    packages,
    placement,
    release,
    run,
    secrets,
    servers,
    sources,
    tls,
    values,
    watch,
    workers,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.formats import is_image
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.problems.variable_files import (
    variable_file_problems,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.proxy import proxy_problems

Dict = Mapping[str, Any]


def input_problems(inputs: Dict, around: Dict) -> list[Finding]:
    """Return every problem; each says what to write instead.

    Args:
        inputs: The public variables of role airflow that are set, by name.
        around: Other inputs: the tables ``releases``, ``services`` and ``moved_options``; Ansible's ``groups``;
            ``host``, the name of the host; ``names``, the variables with the role's prefix, ``spec``, those that
            exist, and ``facts``, those that roles share; ``members``, with ``addresses``, ``queues``, ``slots``
            and ``grace_periods`` by host, and ``shared`` (see `agreement.settings`); ``projects_directory`` of role
            projects; and ``inventories``, ``playbook_directory``, ``strategy`` and ``today`` of the run.

    Returns:
        The findings; an empty list if there is no problem.
    """
    version = inputs["airflow_version"]
    row: Dict = next((row for row in around["releases"].values() if version in row["versions"]), {})
    spread = len(around["groups"].get("airflow", [])) > 1
    services = topology.placement(around["services"], inputs, row, spread)
    external = services["external"]
    names = [name for name in around["names"] if name not in around["facts"]]
    return [
        *_release(inputs, around, row, external),
        *_hosts(inputs, around, services),
        *misspelt_problems(names, list(around["spec"])),
        *flattened_problems(names, around["spec"]),
        *_configuration(inputs, around, row),
        *secrets.secret_problems({name: inputs[name] for name in secrets.SECRETS if name in inputs}),
        *values.value_problems(inputs),
        *values.service_problems(inputs.get("airflow_memory_limits", {}), list(services["table"])),
        *_services(inputs, around, external),
        *sources.plugins_problems(inputs["airflow_plugins_source"], around["inventories"]),
        *packages.package_problems(inputs["airflow_extra_packages"]),
        *backup.backup_problems(inputs, around["projects_directory"]),
        *watch.watch_problems(inputs),
        *capacity.minimum_problems(inputs["airflow_host_minimums"]),
        *accepted_problems(inputs["airflow_findings_accepted"]),
        *_run(inputs, around),
    ]


def _release(inputs: Dict, around: Dict, row: Dict, external: Dict) -> list[Finding]:
    """Return what is wrong with the release; what an unknown release needs cannot be checked."""
    version = inputs["airflow_version"]
    problems = release.version_problems(version, around["releases"])
    image = inputs["airflow_postgres_image"]
    # value_problems reports what is no reference of an image.
    if row and not problems and "postgres" not in external and is_image(image):
        problems += release.postgres_problems(image, row["postgres"])
    if row:
        problems += release.ended_problems(version, row["end_of_life"], around["today"])
    return problems + release.image_problems(inputs["airflow_image"], str(version))


def _hosts(inputs: Dict, around: Dict, services: Dict) -> list[Finding]:
    """Return what is wrong with the groups, external servers, addresses and certificates."""
    passwords = {service: str(inputs.get(f"airflow_{service}_password") or "") for service in placement.SINGLE}
    authority = (str(inputs.get(f"airflow_ca_{part}") or "") for part in ("certificate", "key"))
    found, groups = around["members"]["addresses"], around["groups"]
    databases_wanted = inputs["airflow_postgres_databases"]
    # Tasks can have containers in the network of a host with a worker.
    works = around["host"] in groups.get("airflow_worker", [])
    slots = inputs["airflow_worker_concurrency"] if works else 0
    return [
        *placement.placement_problems(groups, services["groups"]),
        *placement.idle_problems(around["host"], groups, services["groups"]),
        *agreement.agreement_problems(around["host"], agreement.users(groups, services), around["members"]["shared"]),
        *servers.external_problems(services["external"], passwords, groups, services["all_groups"], databases_wanted),
        *addresses.address_problems(found),
        *network.subnet_problems(inputs["airflow_network_subnet"], slots),
        *tls.tls_problems(inputs["airflow_tls"], found, *authority),
    ]


def _configuration(inputs: Dict, around: Dict, row: Dict) -> list[Finding]:
    """Return what is wrong with options of airflow.cfg; for an unknown release, moved options are not checked."""
    config, version = inputs["airflow_config"], inputs["airflow_version"]
    moved = around["moved_options"] if row else {}
    return [
        *config_problems(config, version, moved),
        *environment_problems(inputs["airflow_environment"], version, moved),
        *(base_url_problems(config, row["web_section"]) if row else []),
        *(heartbeat_problems(config, row["heartbeats"]) if row else []),
    ]


def _services(inputs: Dict, around: Dict, external: Dict) -> list[Finding]:
    """Return what is wrong with the settings of workers, Postgres and the web server."""
    config, limit = inputs["airflow_config"], inputs["airflow_postgres_max_connections"]
    served = {queue for queues in around["members"]["queues"].values() for queue in queues}
    slots = list(around["members"]["slots"].values())
    # Only the host of Postgres uses its limit.
    serves = around["host"] in around["groups"].get("airflow_postgres", []) and "postgres" not in external
    return [
        *workers.visibility_problems(config, around["members"]["grace_periods"]),
        *(workers.connection_problems(slots, limit) if serves else []),
        *databases.database_problems(inputs["airflow_postgres_databases"]),
        *workers.queue_problems(inputs["airflow_worker_queues"], config, sorted(served)),
        *addresses.bind_problems(inputs["airflow_web_bind_address"]),
        *mounts.volume_problems(inputs["airflow_volumes"], inputs["airflow_directory"]),
        *mounts.extra_host_problems(inputs["airflow_extra_hosts"]),
        *proxy_problems(inputs),
    ]


def _run(inputs: Dict, around: Dict) -> list[Finding]:
    """Return what is wrong with how the run was started."""
    code = {
        "airflow_dags_source": "" if inputs["airflow_dags_git"] else inputs["airflow_dags_source"],
        "airflow_plugins_source": inputs["airflow_plugins_source"],
    }
    return [
        *run.copy_problems(around["playbook_directory"]),
        *run.strategy_problems(around["strategy"]),
        *variable_file_problems(around["groups"], around["inventories"], around["playbook_directory"]),
        *sources.source_problems(code, around["inventories"]),
    ]
