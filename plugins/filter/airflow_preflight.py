"""Filters that check the inputs of role airflow before anything is changed."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.ansible_airflow.airflow.plugins.module_utils.host.secret_store import (
    Secret,
    SecretError,
    check_given,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.base_url import base_url_problems
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.options import (
    config_problems,
    environment_problems,
    given,
    numbers,
)
from ansible_collections.ansible_airflow.airflow.plugins.module_utils.plan.sources import find_source, search_path

Problems = list[str]

# Services of which a stack has one.
SINGLE = ("postgres", "redis")
# From so many hosts on they need addresses.
MANY = 2
# Secrets that are no passwords, see the module airflow_secrets.
SECRET_KINDS = {"airflow_fernet_key": "fernet", "airflow_ca_certificate": "text", "airflow_ca_key": "text"}
# Connections to Postgres that a worker opens for each task that it runs, counted with Airflow 2.5: one for the result,
# which stays open, one of the task and one of the process that watches it. Airflow 3 opens the first one only.
CONNECTIONS_OF_A_TASK = 3
# And those of all other services, with some to spare.
OTHER_CONNECTIONS = 100


def version_problems(version: str, releases: Mapping[str, Mapping[str, Any]]) -> Problems:
    """Return what is wrong with ``airflow_version``.

    :param version: the release that the inventory asks for, such as ``2.5.3``
    :param releases: the release table; its rows name the accepted ``versions``
    :returns: one sentence a problem, none if the release is in the table
    """
    known = [v for row in releases.values() for v in row["versions"]]
    if version in known:
        return []
    return [f"airflow_version: {version!r} is not a supported release; write one of {', '.join(known)}."]


def change_problems(version: str, deployed: str) -> Problems:
    """Return why a stack cannot go from the release that its database belongs to, to another one.

    Within a series a higher release is fine. What is higher than that changes the database for good.

    :param version: value of ``airflow_version``, a release of the table
    :param deployed: the release that the database was brought to; empty if there is none
    """
    if not deployed or version == deployed:
        return []
    stay = f"write {deployed} again, and see docs/releases.md."
    if numbers(version) < numbers(deployed):
        return [f"airflow_version: the database belongs to {deployed} and cannot go back to {version}; {stay}"]
    if numbers(version)[:2] != numbers(deployed)[:2]:
        return [
            f"airflow_version: the database belongs to {deployed}. Going to {version} changes it for good, which "
            f"site.yml does not do by itself; {stay}"
        ]
    return []


def image_problems(image: str, version: str) -> Problems:
    """Return what is wrong with ``airflow_image``: only the plain image of the release is accepted.

    :param image: image reference, with or without a registry's name
    :param version: value of ``airflow_version``
    """
    wanted = f"write apache/airflow:{version}, with a registry's name before it if need be."
    name, _, tag = image.rpartition(":")
    if not re.fullmatch(r"([^/\s]+/)*apache/airflow", name):
        return [f"airflow_image: {image!r} is not the Airflow image; {wanted}"]
    if tag.startswith("slim-"):
        return [f"airflow_image: {image!r} is a slim image, which lacks the providers that DAGs use; {wanted}"]
    if "-python" in tag:
        return [f"airflow_image: {image!r} is a variant by Python release; only the plain image is tested; {wanted}"]
    if tag != version:
        return [f"airflow_image: {image!r} contradicts airflow_version {version}; {wanted}"]
    return []


def postgres_problems(image: str, majors: Sequence[str]) -> Problems:
    """Return what is wrong with ``airflow_postgres_image``.

    :param image: image reference of Postgres
    :param majors: major releases that the Airflow release is tested on
    """
    match = re.search(r":(\d+)[^/:]*$", image)
    if match and match[1] in majors:
        return []
    return [
        f"airflow_postgres_image: {image!r} must name a major release out of {', '.join(majors)}, as in postgres:15."
    ]


def placement_problems(groups: Mapping[str, Sequence[str]], service_groups: Mapping[str, str]) -> Problems:
    """Return what is wrong with the inventory's groups.

    :param groups: Ansible's ``groups``: hosts by group name
    :param service_groups: inventory group by service name
    """
    services: dict[str, list[str]] = {}
    for service, group in service_groups.items():
        services.setdefault(group, []).append(service)
    problems = [
        f"inventory: group {group} has no host, so {' and '.join(names)} would run nowhere; put one host into it."
        for group, names in services.items()
        if not groups.get(group)
    ]
    problems += [
        f"inventory: group {service_groups[service]} holds {len(hosts)} hosts ({', '.join(hosts)}), but one {service} "
        "serves all of them; leave one host in it."
        for service in SINGLE
        if len(hosts := groups.get(service_groups.get(service, ""), [])) > 1
    ]
    return problems


def address_problems(addresses: Mapping[str, str]) -> Problems:
    """Return what is wrong with ``airflow_private_address``, which every host needs where there are several.

    :param addresses: the variable's value by host, empty where it is not set
    """
    if len(addresses) < MANY:
        return []
    problems = []
    seen: dict[str, str] = {}
    for host, address in addresses.items():
        if not _is_address(address) or ipaddress.IPv4Address(address).is_loopback or address == "0.0.0.0":  # noqa: S104
            what = f"{address!r} is no address that other hosts reach" if address else "is not set, or takes facts"
            problems.append(
                f"airflow_private_address of {host}: {what}; write in the inventory the IPv4 address of the host in "
                "the network that it shares with the stack's other hosts."
            )
        elif address in seen:
            problems.append(f"airflow_private_address of {host}: {address} is {seen[address]}'s, too; correct it.")
        else:
            seen[address] = host
    return problems


def misspelt_problems(names: Sequence[str], known: Sequence[str]) -> Problems:
    """Return one sentence for each variable that looks like one of a role but is none.

    :param names: names of variables in the inventory that carry the role's prefix
    :param known: the role's public variables
    """
    problems = []
    for name in sorted(set(names) - set(known)):
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "remove it, or see roles/airflow/README.md for the names."
        problems.append(f"{name}: no variable of this project has this name; {hint}")
    return problems


def concurrency_problems(concurrency: Any) -> Problems:
    """Return what is wrong with ``airflow_worker_concurrency``.

    :param concurrency: its value
    """
    if not isinstance(concurrency, bool) and re.fullmatch(r"[1-9][0-9]*", str(concurrency)):
        return []
    return [
        f"airflow_worker_concurrency: {concurrency!r} must be the number of tasks that a worker may run at the same "
        "time, a whole number of at least 1, such as 16. To run no tasks on a host, take it out of group "
        "airflow_worker."
    ]


def connection_problems(worker_slots: Sequence[Any], max_connections: int) -> Problems:
    """Refuse fewer connections to Postgres than the workers may need, with which tasks would fail at random.

    :param worker_slots: ``airflow_worker_concurrency`` of each worker host
    :param max_connections: value of ``airflow_postgres_max_connections``
    """
    # What is no number has a sentence of its own.
    slots = sum(int(number) for number in worker_slots if str(number).isdigit())
    needed = slots * CONNECTIONS_OF_A_TASK + OTHER_CONNECTIONS
    if int(max_connections) >= needed:
        return []
    return [
        f"airflow_postgres_max_connections: {max_connections} connections are too few for workers that run {slots} "
        f"tasks at the same time; write at least {needed}, or lower airflow_worker_concurrency."
    ]


def visibility_problems(config: Mapping[str, Any], grace: int) -> Problems:
    """Refuse a visibility timeout in which a worker that is being stopped may not be done.

    Redis hands a task out again that is not acknowledged in that time, and it would run twice.

    :param config: value of ``airflow_config``
    :param grace: value of ``airflow_worker_grace_period``, seconds
    """
    section, option = "celery_broker_transport_options", "visibility_timeout"
    value = given(config, section, option)
    if value is None or (str(value).isdigit() and int(value) > grace):
        return []
    return [
        f"airflow_config.{section}.{option}: {value!r} must be a number of seconds above airflow_worker_grace_period "
        f"({grace}), and above what your longest task takes, or tasks run twice; write a higher one, or remove it."
    ]


def database_problems(databases: Sequence[Mapping[str, Any]]) -> Problems:
    """Return what is wrong with ``airflow_postgres_databases``.

    :param databases: list of dicts with ``name`` and ``owner``
    """
    problems = []
    seen: set[str] = set()
    for entry in databases:
        for key in ("name", "owner"):
            value = str(entry.get(key, ""))
            if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", value):
                problems.append(
                    f"airflow_postgres_databases: {key} {value!r} must be lower-case letters, digits and underscores."
                )
            elif value in ("airflow", "postgres"):
                problems.append(
                    f"airflow_postgres_databases: {key} {value!r} belongs to the stack itself; choose another name."
                )
        if entry.get("name") in seen:
            problems.append(f"airflow_postgres_databases: {entry.get('name')!r} is listed twice; keep one entry.")
        seen.add(str(entry.get("name")))
    return problems


def queue_problems(queues: Sequence[str], config: Mapping[str, Any], served: Sequence[str] = ()) -> Problems:
    """Return what is wrong with ``airflow_worker_queues``.

    :param queues: names of Celery queues
    :param config: value of ``airflow_config``
    :param served: queues of the workers of all hosts
    """
    if not queues:
        return ["airflow_worker_queues: the worker would take no task; write one queue at least, such as [default]."]
    problems = [
        f"airflow_worker_queues: {queue!r} is no name of a queue; write letters, digits, dots, dashes and underscores."
        for queue in queues
        if not re.fullmatch(r"[\w.-]+", queue)
    ]
    default = given(config, "operators", "default_queue")
    if default is not None and default not in {*queues, *served}:
        problems.append(
            f"airflow_config.operators.default_queue: no worker takes tasks from {default!r}; add it to "
            "airflow_worker_queues."
        )
    return problems


def bind_problems(address: str) -> Problems:
    """Return what is wrong with ``airflow_web_bind_address``.

    :param address: an IPv4 address of the host
    """
    if _is_address(address):
        return []
    return [f"airflow_web_bind_address: {address!r} is no IPv4 address; write one, such as 127.0.0.1 or 0.0.0.0."]


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _is_pem(text: str) -> bool:
    return text.lstrip().startswith("-----BEGIN")


def tls_problems(tls: bool, addresses: Mapping[str, str], certificate: str, key: str) -> Problems:
    """Return what is wrong with ``airflow_tls`` and the authority that the inventory gives.

    :param tls: value of ``airflow_tls``
    :param addresses: ``airflow_private_address`` by host
    :param certificate: value of ``airflow_ca_certificate``, in PEM
    :param key: value of ``airflow_ca_key``, in PEM
    """
    problems = []
    if tls and len(addresses) < MANY:
        problems.append("airflow_tls: on a single host nothing leaves the host's own network; remove it.")
    if bool(certificate) is not bool(key):
        lacking = "airflow_ca_key" if certificate else "airflow_ca_certificate"
        problems.append(f"{lacking}: an authority is a certificate and its key; give both, or none to have one made.")
    problems += [
        f"{name}: must be the PEM text of a {what}, beginning with -----BEGIN; use a vault for the key."
        for name, what, text in (
            ("airflow_ca_certificate", "certificate", certificate),
            ("airflow_ca_key", "private key without a passphrase", key),
        )
        if text and not _is_pem(text)
    ]
    return problems


def external_problems(
    external: Mapping[str, Mapping[str, Any]],
    passwords: Mapping[str, str],
    groups: Mapping[str, Sequence[str]],
    service_groups: Mapping[str, str],
    databases: Sequence[Any],
) -> Problems:
    """Return what is wrong with Postgres and Redis that are none of the stack's.

    :param external: ``airflow_postgres_external`` and ``airflow_redis_external`` by service, where they are not empty
    :param passwords: ``airflow_postgres_password`` and ``airflow_redis_password`` by service
    :param groups: Ansible's ``groups``
    :param service_groups: inventory group by service name
    :param databases: value of ``airflow_postgres_databases``
    """
    problems = []
    for service, server in external.items():
        name, group = f"airflow_{service}_external", service_groups[service]
        host = str(server.get("host") or "")
        if not re.fullmatch(r"[A-Za-z0-9._-]+", host):
            problems.append(f"{name}.host: {host!r} is no host; write the name or the IPv4 address of the server.")
        elif host == "localhost" or host.startswith("127."):
            problems.append(
                f"{name}.host: {host} would be each container itself; write a name or an address of the server that "
                "all hosts and their containers reach."
            )
        if hosts := groups.get(group):
            problems.append(
                f"{name}: group {group} names {', '.join(hosts)}, so there would be two; empty the group, or remove "
                "the variable."
            )
        if not passwords[service]:
            problems.append(f"airflow_{service}_password: missing; {name} needs it. Give it from a vault.")
        certificate = str(server.get("ca_certificate") or "")
        if certificate and not _is_pem(certificate):
            problems.append(f"{name}.ca_certificate: must be PEM text that begins with -----BEGIN.")
    if "postgres" in external and databases:
        problems.append(
            "airflow_postgres_databases: the stack makes databases on its own Postgres only; make these on yours, "
            "name them in airflow_connections, and remove this."
        )
    return problems


def package_problems(packages: Sequence[str]) -> Problems:
    """Return what is wrong with ``airflow_extra_packages``: pip's options and files have no place in it.

    :param packages: requirements, as pip takes them
    """
    return [
        f"airflow_extra_packages: {package!r} is no requirement; write a package's name and version, as in "
        "pandas==2.2.3, and an index in airflow_extra_packages_index."
        for package in packages
        if not re.match(r"[A-Za-z0-9]", package) or "\n" in package
    ]


def plugins_problems(source: str, inventories: Sequence[str]) -> Problems:
    """Return what is wrong with ``airflow_plugins_source``.

    :param source: a directory of the controller, or nothing
    :param inventories: inventory sources of the run, in whose directories a relative path is looked up
    """
    found = find_source(source, inventories)
    if not source or (found and found.is_dir()):
        return []
    places = "" if source.startswith(("/", "~")) else f", below {' or '.join(map(str, search_path(inventories)))}"
    return [
        f"airflow_plugins_source: {source} is no directory on the controller{places}; write the path of the directory "
        "that holds the plugins, or remove the variable."
    ]


def secret_problems(secrets: Mapping[str, Any]) -> Problems:
    """Return what is wrong with the secrets that the inventory gives: an empty one is none, and nobody is told so.

    :param secrets: values by the names of the variables, of those only that are set
    """
    problems = []
    for name, value in secrets.items():
        if not str(value or "").strip():
            problems.append(
                f"{name}: is empty; remove the variable to have the stack's own kept or generated, or give a value."
            )
            continue
        kind = SECRET_KINDS.get(name, "password")
        try:
            check_given(Secret(name, kind, str(value), variable=name))
        except SecretError as error:
            problems.append(f"{name}: {str(error).removeprefix(name).strip()}")
    return problems


def airflow_problems(inputs: Mapping[str, Any]) -> Problems:
    """Return every problem of role airflow's inputs, each a sentence that says what to write instead.

    :param inputs: dict with ``version``, ``deployed_version``, ``image``, ``postgres_image``, ``releases``, ``groups``,
        ``service_groups``, ``all_service_groups``, ``names``, ``known``, ``config``, ``environment``,
        ``moved_options``, ``secrets``, ``grace_period``, ``concurrency``, ``worker_slots``, ``max_connections``,
        ``databases``, ``queues``, ``served_queues``, ``bind_address``, ``plugins_source``, ``inventories``,
        ``extra_packages``, ``addresses``, ``tls``, ``ca_certificate``, ``ca_key``, ``external`` and ``passwords``, as
        the functions above take them
    :returns: sentences; an empty list if all is well
    """
    problems = version_problems(inputs["version"], inputs["releases"])
    # Which options a release reads that does not exist nobody knows.
    row = next((row for row in inputs["releases"].values() if inputs["version"] in row["versions"]), None)
    moved = inputs["moved_options"] if row else {}
    if row:
        problems += change_problems(inputs["version"], inputs["deployed_version"])
    if row and not problems and "postgres" not in inputs["external"]:
        problems += postgres_problems(inputs["postgres_image"], row["postgres"])
    problems += image_problems(inputs["image"], inputs["version"])
    problems += placement_problems(inputs["groups"], inputs["service_groups"])
    problems += external_problems(
        inputs["external"], inputs["passwords"], inputs["groups"], inputs["all_service_groups"], inputs["databases"]
    )
    problems += address_problems(inputs["addresses"])
    problems += tls_problems(inputs["tls"], inputs["addresses"], inputs["ca_certificate"], inputs["ca_key"])
    problems += misspelt_problems(inputs["names"], inputs["known"])
    problems += config_problems(inputs["config"], inputs["version"], moved)
    problems += environment_problems(inputs["environment"], inputs["version"], moved)
    if row:
        problems += base_url_problems(inputs["config"], row["web_section"])
    problems += secret_problems(inputs["secrets"])
    problems += visibility_problems(inputs["config"], inputs["grace_period"])
    problems += concurrency_problems(inputs["concurrency"])
    if "postgres" not in inputs["external"]:
        problems += connection_problems(inputs["worker_slots"], inputs["max_connections"])
    problems += database_problems(inputs["databases"])
    problems += queue_problems(inputs["queues"], inputs["config"], inputs["served_queues"])
    problems += bind_problems(inputs["bind_address"])
    problems += plugins_problems(inputs["plugins_source"], inputs["inventories"])
    problems += package_problems(inputs["extra_packages"])
    return problems


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by name."""
        return {"airflow_problems": airflow_problems}
